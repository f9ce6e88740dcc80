#include "CCurl.h"

static int before_attempt(
    void *pointer, char *remote, char *local, int remote_port, int local_port) {
  (void)remote, (void)local, (void)remote_port, (void)local_port;
  struct ccurl_attempt_hook *hook = pointer;
  return hook->function(hook->context) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

CURLcode ccurl_set_attempt_hook(CURL *easy, struct ccurl_attempt_hook *hook) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_attempt);
  return code ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, hook);
}

static int on_socket(
    CURL *easy, curl_socket_t socket, int interest, void *pointer, void *socket_context) {
  (void)easy, (void)socket_context;
  struct ccurl_multi_hooks *hooks = pointer;
  hooks->socket(hooks->context, socket, interest);
  return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *pointer) {
  (void)multi;
  struct ccurl_multi_hooks *hooks = pointer;
  hooks->timer(hooks->context, milliseconds);
  return 0;
}

CURLMcode ccurl_set_multi_hooks(CURLM *multi, struct ccurl_multi_hooks *hooks) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  if (!code) code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, hooks);
  if (!code) code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  return code ? code : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, hooks);
}

int ccurl_multi_next_done(CURLM *multi, void **context, CURLcode *code) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    *code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, context);
    return 1;
  }
  return 0;
}

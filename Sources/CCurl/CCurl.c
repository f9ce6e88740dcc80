#include "CCurl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

static int is_of_port(int socket, int port) {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } name;
  socklen_t size = sizeof name;
  if (getsockname(socket, &name.any, &size)) return 0;
  if (name.any.sa_family == AF_INET) return ntohs(name.v4.sin_port) == port;
  return name.any.sa_family == AF_INET6 && ntohs(name.v6.sin6_port) == port;
}

static int has_nothing_to_read(int socket) {
  char byte;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
}

// A connection that was just opened may have what TLS sends by itself; one that was used may not.
static int is_stale(struct ccurl_attempt_hook *hook, int port) {
  if (!hook->sockets || port <= 0 || port >= 1 << 16) return 0;
  int *known = &hook->sockets->of_port[port];
  long opened = 0;
  curl_easy_getinfo(hook->easy, CURLINFO_NUM_CONNECTS, &opened);
  if (opened) {
    *known = is_of_port(hook->socket, port) ? hook->socket + 1 : 0;
    return 0;
  }
  return *known && is_of_port(*known - 1, port) && !has_nothing_to_read(*known - 1);
}

static int before_attempt(
    void *pointer, char *remote, char *local, int remote_port, int local_port) {
  (void)remote, (void)local, (void)remote_port;
  struct ccurl_attempt_hook *hook = pointer;
  if (is_stale(hook, local_port)) {
    hook->is_stale = 1;
    return CURL_PREREQFUNC_ABORT;
  }
  return hook->function(hook->context) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static int on_opened(void *pointer, curl_socket_t socket, curlsocktype purpose) {
  (void)purpose;
  struct ccurl_attempt_hook *hook = pointer;
  hook->socket = socket;
  return CURL_SOCKOPT_OK;
}

CURLcode ccurl_set_attempt_hook(CURL *easy, struct ccurl_attempt_hook *hook) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_attempt);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, hook);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_opened);
  return code ? code : curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, hook);
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

#ifndef STREAMGATE_CCURL_H
#define STREAMGATE_CCURL_H

#include <curl/curl.h>

// Swift cannot call variadic functions. Each wrapper fixes the type of the last argument, which
// curl_easy_setopt would otherwise take on trust.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

// The shape of CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*ccurl_data_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_data_function(
    CURL *easy, CURLoption option, ccurl_data_function function) {
  return curl_easy_setopt(easy, option, function);
}

// Called before each request that goes out, a silent second one included; non-zero forbids it.
typedef int (*ccurl_attempt_function)(void *context);

// Which socket has each local port, plus one: what tells of a connection that libcurl chose.
struct ccurl_sockets {
  int of_port[1 << 16];
};

// Where the hooks of one transfer lie; must outlive the transfer.
struct ccurl_attempt_hook {
  ccurl_attempt_function function;
  void *context;
  CURL *easy;
  // Of the multi handle that the transfer was added to; must outlive it.
  struct ccurl_sockets *sockets;
  // The socket that was opened last.
  int socket;
  // The request was not sent: the idle connection that libcurl chose for it has something to be
  // read, which would be taken for its answer, or is closed. libcurl looks at the latter only.
  int is_stale;
};

CURLcode ccurl_set_attempt_hook(CURL *easy, struct ccurl_attempt_hook *hook);

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return curl_easy_getinfo(easy, info, value);
}

// A share that holds one jar of cookies, used by one thread; NULL if there is no memory.
static inline CURLSH *ccurl_new_jar(void) {
  CURLSH *share = curl_share_init();
  if (share && curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE) != CURLSHE_OK) {
    curl_share_cleanup(share);
    return NULL;
  }
  return share;
}

static inline CURLcode ccurl_set_share(CURL *easy, CURLSH *share) {
  return curl_easy_setopt(easy, CURLOPT_SHARE, share);
}

// All cookies that a transfer knows, in Netscape's format; the caller frees the list.
static inline struct curl_slist *ccurl_cookies(CURL *easy) {
  struct curl_slist *cookies = NULL;
  return curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &cookies) == CURLE_OK ? cookies : NULL;
}

// What a multi handle tells its owner: which socket to watch for what (CURL_POLL_…), and in how
// many milliseconds it wants to be called without a socket (-1: not at all).
struct ccurl_multi_hooks {
  void *context;
  void (*socket)(void *context, int socket, int interest);
  void (*timer)(void *context, long milliseconds);
};

// The hooks must outlive the multi handle.
CURLMcode ccurl_set_multi_hooks(CURLM *multi, struct ccurl_multi_hooks *hooks);

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

// The next transfer that ended: its CURLOPT_PRIVATE and its code; 0 if there is none.
int ccurl_multi_next_done(CURLM *multi, void **context, CURLcode *code);

#endif

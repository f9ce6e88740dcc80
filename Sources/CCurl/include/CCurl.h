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

#endif

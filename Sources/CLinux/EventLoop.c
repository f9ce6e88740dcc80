#define _GNU_SOURCE
#include "EventLoop.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int streamgate_epoll_wait(int epoll, struct epoll_event *events, int events_max,
                          int64_t timeout_nanos) {
  struct timespec timeout = {timeout_nanos / 1000000000, timeout_nanos % 1000000000};
  struct timespec *limit = timeout_nanos < 0 ? NULL : &timeout;
  int count = epoll_pwait2(epoll, events, events_max, limit, NULL);
  if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
  struct pollfd readable = {epoll, POLLIN, 0};
  count = ppoll(&readable, 1, limit, NULL);
  return count <= 0 ? count : epoll_wait(epoll, events, events_max, 0);
}

int streamgate_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int streamgate_set_timer_slack(unsigned long nanos) {
  return prctl(PR_SET_TIMERSLACK, nanos);
}

#ifndef STREAMGATE_EVENTLOOP_H
#define STREAMGATE_EVENTLOOP_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>

/// Nanoseconds of CLOCK_MONOTONIC.
static inline int64_t streamgate_monotonic_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// epoll_wait with a time-out in nanoseconds; negative waits for an event. Kernels before 5.11,
/// and containers that refuse epoll_pwait2, get ppoll and epoll_wait instead.
int streamgate_epoll_wait(int epoll, struct epoll_event *events, int events_max,
                          int64_t timeout_nanos);

/// The next connection of a listening socket, non-blocking and close-on-exec; -1 with errno.
int streamgate_accept(int listener);

/// Lets the kernel delay this thread's timers by so many nanoseconds at most (default 50 000).
/// prctl is variadic, which Swift cannot call.
int streamgate_set_timer_slack(unsigned long nanos);

#endif

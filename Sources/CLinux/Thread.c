#define _GNU_SOURCE
#include "Thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

struct streamgate_thread_usage streamgate_thread_usage(void) {
  struct streamgate_thread_usage usage = {0};
  struct timespec cpu;
  if (!clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu))
    usage.cpu_nanos = (int64_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec;
  struct rusage resources;
  if (!getrusage(RUSAGE_THREAD, &resources)) usage.involuntary_switches = resources.ru_nivcsw;
  return usage;
}

int64_t streamgate_allow_open_files(int64_t wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return -1;
  if (limit.rlim_cur != RLIM_INFINITY && (int64_t)limit.rlim_cur < wanted) {
    int is_allowed = limit.rlim_max == RLIM_INFINITY || wanted <= (int64_t)limit.rlim_max;
    limit.rlim_cur = is_allowed ? (rlim_t)wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) return -1;
  }
  return limit.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int streamgate_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

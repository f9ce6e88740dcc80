#define _GNU_SOURCE
#include "Thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
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

int streamgate_allowed_cores(void) {
  // The kernel refuses a set that is smaller than its own.
  for (int cores_max = 1024; cores_max <= 1 << 16; cores_max *= 2) {
    cpu_set_t *set = CPU_ALLOC(cores_max);
    if (!set) return -1;
    size_t size = CPU_ALLOC_SIZE(cores_max);
    int code = sched_getaffinity(0, size, set);
    int count = code ? -1 : CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (!code || errno != EINVAL) return count;
  }
  return -1;
}

int streamgate_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

#ifndef STREAMGATE_THREAD_H
#define STREAMGATE_THREAD_H

#include <stdint.h>

/// What the calling thread has used so far.
struct streamgate_thread_usage {
  int64_t cpu_nanos;
  int64_t involuntary_switches;
};

struct streamgate_thread_usage streamgate_thread_usage(void);

/// Raises the soft limit on open files to `wanted`, as far as the hard limit allows; the soft
/// limit then, -1 with errno on an error.
int64_t streamgate_allow_open_files(int64_t wanted);

/// The cores that the calling thread may run on; -1 with errno on an error.
int streamgate_allowed_cores(void);

/// Names the calling thread, at most 15 characters.
int streamgate_name_thread(const char *name);

#endif

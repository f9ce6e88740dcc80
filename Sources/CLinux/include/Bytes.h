#ifndef STREAMGATE_BYTES_H
#define STREAMGATE_BYTES_H

#include <stddef.h>

/// Where `wanted` first begins in `bytes`, NULL if nowhere: memmem, which the C library shows to
/// GNU sources only.
const void *streamgate_find(const void *bytes, size_t count, const void *wanted,
                            size_t wanted_count);

#endif

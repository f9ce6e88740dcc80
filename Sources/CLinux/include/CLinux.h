#ifndef STREAMGATE_CLINUX_H
#define STREAMGATE_CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>

#include "Bytes.h"
#include "EventLoop.h"
#include "Thread.h"

#endif

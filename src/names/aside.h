/* SPDX-License-Identifier: ISC */
/* Threads, for what cannot be had without waiting. */
#ifndef NAMES_ASIDE_H
#define NAMES_ASIDE_H

#include <pthread.h>

/* Signals are left to the main thread.  0 or -1. */
int aside_start(pthread_t *, void *(*run)(void *owner), void *owner);

#endif

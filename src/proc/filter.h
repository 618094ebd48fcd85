/* SPDX-License-Identifier: ISC */
/* A filter of system calls, from its making to the moment from which it is there for good. */
#ifndef PROC_FILTER_H
#define PROC_FILTER_H

#include <seccomp.h>
#include <stdint.h>

/* With what becomes of a call that no rule is about; NULL with errno: it cannot be had. */
scmp_filter_ctx filter_open(uint32_t otherwise);

/* Loads it if that is 0, what libseccomp has against its rules otherwise, and releases it.
 * 0, or -1 with errno. */
int filter_load(scmp_filter_ctx, int wrong);

#endif

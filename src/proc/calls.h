/* SPDX-License-Identifier: ISC */
/* Which system calls the sandbox has, as rules of a filter whose last word is no.
 * Each is 0, or what libseccomp has against it. */
#ifndef PROC_CALLS_H
#define PROC_CALLS_H

#include <seccomp.h>

#include "proc/sandbox.h"

/* calls.c: those that go on, and those that fail and kill nobody. */
int calls_allow(scmp_filter_ctx);
int calls_narrow(scmp_filter_ctx);
int calls_refuse(scmp_filter_ctx);

/* calls_socket.c: socket(2) alone. */
int calls_socket(scmp_filter_ctx, const struct proc_wish *);

#endif

/* SPDX-License-Identifier: ISC */
/* The walls of the sandbox, one by one.  Each is 0, or -1 with errno, for good, and
 * there for this process alone. */
#ifndef PROC_BOX_H
#define PROC_BOX_H

#include <stdbool.h>

#include "proc/sandbox.h"

/* bare.c: no new privileges, no capabilities, no core file, and nothing of the memory
 * is to be read by others of the same user. */
int box_bare(void);

/* landlock.c: no file can be opened, made, changed or removed, no port be bound, and
 * nobody outside be sent a signal. */
int box_landlock(void);
/* Its version in this kernel; -1 with errno: there is none. */
long box_landlock_version(void);
/* As if the kernel had that version, which it has or a later one. */
int box_landlock_as(long version);

/* empty_root.c, as root: the root is a folder that is empty and has no name. */
int box_empty_root(void);
bool box_root_is_empty(void);

/* seccomp.c: system calls. */
int box_seccomp(const struct proc_wish *);

/* The larger box: paths with rules, and all calls but those that lead out. */
int box_landlock_but(const struct proc_paths *);
int box_seccomp_out(void);

#endif

/* SPDX-License-Identifier: ISC */
/* Giving up what a process no longer needs. */
#ifndef PROC_PRIVILEGES_H
#define PROC_PRIVILEGES_H

#include <stddef.h>

struct proc_error {
	char text[256]; /* a sentence, or "" */
};

enum proc_drop {
	PROC_FAILED = -1, /* privileges may be left: do not go on */
	PROC_DROPPED = 0, /* this process is that user now, for good */
	PROC_KEPT = 1     /* an ordinary user started us, so there was nothing to drop */
};

/* Whether there is such a user to become, where we are root: 0, or -1 with the reason. */
int proc_can_drop(const char *user, struct proc_error *);

/*
 * Becomes the user, with the groups of that user, in a way that cannot be undone
 * (it is tried), and sees to it that no program started from here gets any
 * privilege back.  Text tells what failed, or with PROC_KEPT who we still are if
 * that is not the user.  The process has one thread when this is called.
 */
enum proc_drop proc_drop(const char *user, struct proc_error *);

/* As proc_drop(), and where we are root, the root folder is an empty one afterwards:
 * proc_wants_empty_root() tells when (proc/sandbox.h). */
enum proc_drop proc_drop_to_empty_root(const char *user, struct proc_error *);

/* Lets the process have as many descriptors as it may, and returns how many. */
size_t proc_raise_files(void);

#endif

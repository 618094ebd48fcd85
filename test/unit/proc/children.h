/* SPDX-License-Identifier: ISC */
/* What the tests of this room share: things that are done in a process of their own,
 * since there is no way back. */
#ifndef TEST_PROC_CHILDREN_H
#define TEST_PROC_CHILDREN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

#include "proc/sandbox.h"

#define LENGTH(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* Whoever runs the test, and, if that is root, an ordinary user as well. */
enum who { AS_STARTED, AS_NOBODY };

/* The users there are to be: 2 for root, else 1. */
int users(void);
void needs_root(void);

/* Skips the test where a sanitizer is in the way of the sandbox, or where the kernel
 * has not all of it. */
void needs_sandbox(void);

/*
 * A process that does something and ends with what that returns.  Assertions of
 * cmocka's are for the test itself: in there, expect() is.
 */
typedef int deed(const void *given);
pid_t child_begin(enum who, deed *, const void *given);
int child_status(pid_t); /* as wait(2) has it */
int status_of(enum who, deed *, const void *given);

/* It ended with 0, and was not killed. */
void assert_good(int status);
void assert_killed(int status, int by);

/* Every user of the test does it, and all is good. */
void each_user_does(deed *, const void *given);

/* In a child: ends it with status 1 and a line that tells where, unless it holds. */
#define expect(CONDITION) child_expects(!!(CONDITION), #CONDITION, __FILE__, __LINE__)
void child_expects(bool, const char *what, const char *file, int line);

/* In a child: the whole sandbox, or the child ends. */
void enter_sandbox(bool unix_sockets);

/* In a child: this system call does not exist in this kernel, it fails like that. */
void take_away(int call, int error);
void no_landlock(void);
/* What is told then. */
#define NO_LANDLOCK                                                                                \
	"The sandbox is not complete: files are not hidden (Landlock: Function not implemented)."

/* A folder for a test that everybody may go to, and a path in it; valid until the
 * next call. */
void folder_begin(void);
void folder_end(void);
const char *folder_path(const char *name);

#endif

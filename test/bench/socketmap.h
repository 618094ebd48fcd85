/* SPDX-License-Identifier: ISC */
/* The client's side of socketmap: netstrings over a stream socket (socketmap_table(5)). */
#ifndef BENCH_SOCKETMAP_H
#define BENCH_SOCKETMAP_H

#include <stddef.h>
#include <stdint.h>

#define SOCKETMAP_QUESTION 340 /* octets, at most */

/* Connected to HOST:PORT (numbers) or unix:PATH; does not return without. */
int socketmap_dial(const char *address);

/* The length of a question, which is written to out. */
size_t socketmap_question(char *out, const char *map, const char *name);

/* How long the reply at the front is; 0: it is not all there. */
size_t socketmap_reply(const char *bytes, size_t count, const char **body, size_t *length);

void socketmap_send(int fd, const char *bytes, size_t count); /* all of it */

int64_t socketmap_clock(void); /* us */

_Noreturn void socketmap_give_up(const char *what);

#endif

/* SPDX-License-Identifier: ISC */
/* Descriptors that we were started with. */
#ifndef PROC_INHERITED_H
#define PROC_INHERITED_H

#include <stddef.h>

/* Those of standard input, output and error are open, to nothing where they were not:
 * what is written there must not get to a socket that happens to have the number.  0 or
 * -1, and is to be done before anything is opened. */
int proc_standard(void);

/* Listening sockets, sd_listen_fds(3): how many there are; whoever we start in turn does not get
 * them. */
size_t proc_inherited(void);

/* One of them, or -1 where it does not listen for streams. */
int proc_inherited_fd(size_t index);

#endif

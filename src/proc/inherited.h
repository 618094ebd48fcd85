/* SPDX-License-Identifier: ISC */
/* Listening sockets that we were started with: sd_listen_fds(3). */
#ifndef PROC_INHERITED_H
#define PROC_INHERITED_H

#include <stddef.h>

/* How many there are; whoever we start in turn does not get them. */
size_t proc_inherited(void);

/* One of them, or -1 where it does not listen for streams. */
int proc_inherited_fd(size_t index);

#endif

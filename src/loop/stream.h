/* SPDX-License-Identifier: ISC */
/*
 * One direction of a descriptor that somebody else opened and that need not be a
 * socket: standard input and output are pipes, terminals, files.  It is left as
 * it is (O_NONBLOCK would hold for everybody who has it), so it is asked before
 * each call whether that would wait.
 */
#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "loop/loop.h"

#define STREAM_EOF 0
#define STREAM_WAIT (-1) /* not now: wake() will tell */
#define STREAM_BROKEN (-2)

struct stream {
	int fd; /* -1: closed */
	struct watch *watch;
	void (*wake)(void *owner);
	void *owner;
};

/* 0, or -1.  Does not take fd over until stream_close(). */
int stream_open(struct stream *, struct loop *, int fd, void (*wake)(void *owner), void *owner);
/* A count, or one of the above.  Writing may take less than everything. */
ptrdiff_t stream_read(struct stream *, void *, size_t);
ptrdiff_t stream_write(struct stream *, const void *, size_t);
/* Whether a person sits at the other end. */
int stream_is_terminal(const struct stream *);
/* Whoever reads from it gets an end of file, also when it is a socket whose other
 * direction stays open. */
void stream_finish(struct stream *);
/* Closes the descriptor too. */
void stream_close(struct stream *);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Between standard input and output and a connection that is up:
 *
 *	end of our input            -> close_notify, when the peer has been silent for
 *	                               a moment; the rest is still heard
 *	close_notify from the peer  -> end of our output; the rest is still said
 *	an end without that         -> it was cut: the exit status tells
 */
#ifndef CLI_FERRY_H
#define CLI_FERRY_H

#include <stdbool.h>

#include "loop/side.h"
#include "loop/stream.h"
#include "loop/timer.h"

/* Bytes on their way from one place to another. */
struct cargo {
	char bytes[16384];
	size_t head, tail;
	bool ended;  /* nothing more comes in */
	bool passed; /* and that was told */
};

enum { FERRY_UNDER_WAY = -1, FERRY_CLEAN = 0, FERRY_FAULT = 2 };

struct ferry {
	struct loop *loop;
	struct side *side;
	const char *url; /* what the peer is called in complaints */
	bool begun;
	struct stream input, output;
	struct cargo out, in; /* to the peer, and from it */
	struct timer *patience;
	int64_t impatient; /* when the end of the input is passed on at the latest */
	int status;        /* the exit status, when the loop is stopped */
};

/* All of it is zeroed, but for what there is to be said first, in "in".  False, and an
 * explanation is out. */
bool ferry_begin(struct ferry *, struct loop *, struct side *, const char *url);
/* As far as it goes; whenever the side wakes. */
void ferry_move(struct ferry *);
void ferry_end(struct ferry *);

#endif

/* SPDX-License-Identifier: ISC */
/* A gateway without sockets, for whoever tries screens: it aborts when a screen asks for
 * what no gateway can do. */
#ifndef FUZZ_SCREEN_PIPE_H
#define FUZZ_SCREEN_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/screen.h"

#define PIPE_ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
void require(int truth);

struct pipe {
	struct screen *screen;
	char view[2][PIPE_ROOM]; /* what came from either side and is not judged yet */
	size_t viewed[2];
	char sent[2][PIPE_ROOM]; /* what was sent to either side */
	size_t length[2];
	int closed;
	enum stls_fault fault;
};

void pipe_open(struct pipe *, const struct screen_spec *);
void pipe_close(struct pipe *);

/* Bytes have come from a side; goes on until nothing moves any more. */
void pipe_say(struct pipe *, enum screen_side, const void *bytes, size_t count);

#endif

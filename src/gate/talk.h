/* SPDX-License-Identifier: ISC */
/* Moves bytes between a dialogue and a side. */
#ifndef GATE_TALK_H
#define GATE_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>

#include "loop/pool.h"
#include "loop/side.h"

struct talk {
	stls_dialogue *dialogue; /* the talk's to close */
	struct pool *pool;
	char *unread; /* what was read and not taken: [head, tail); NULL: nothing */
	size_t head, tail;
	bool keeps; /* what the dialogue takes stays in the buffer, too */
};

/* Opens the dialogue: 0, or -1 when memory is out or the spec is refused.  What is
 * unread in a talk that is not open, but zeroed at first, is for the dialogue. */
int talk_open(struct talk *, struct pool *, const struct stls_spec *);
void talk_close(struct talk *);

/*
 * Goes as far as it can, and says what the dialogue needs then: STLS_IN and
 * STLS_OUT mean that the side is to be waited for, anything else that the talk is
 * over.
 */
enum stls_need talk_run(struct talk *, struct side *);

/* Reads once without a dialogue's taking it; what side_read() says.  The pool is
 * set. */
ptrdiff_t talk_read(struct talk *, struct side *);

const char *talk_unread(const struct talk *, size_t *count);

/* The owner has read that much of it. */
void talk_skip(struct talk *, size_t count);

/* Where it keeps: all that was read is unread again. */
void talk_again(struct talk *);

#endif

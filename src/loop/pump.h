/* SPDX-License-Identifier: ISC */
/*
 * The pump moves bytes between two sides, both ways at once, with bounded
 * buffers: what one side does not take the other one cannot send.
 *
 * A side that closes is passed on as a close once its bytes are delivered, and
 * the other way stays open.  A side that is cut off is passed on as a cut: the
 * other side is never led to take what it has for whole.
 *
 * A judge may look at the bytes before they cross; see pump_step.
 */
#ifndef LOOP_PUMP_H
#define LOOP_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/pool.h"
#include "loop/side.h"

enum pump_move {
	PUMP_PASS,    /* "take" bytes cross as they are */
	PUMP_REPLACE, /* "with" crosses instead of "take" bytes */
	PUMP_ANSWER,  /* "take" bytes are dropped, "with" goes back to where they came from */
	PUMP_HOLD,    /* nothing for now */
	PUMP_CLOSE    /* "with" goes to side 0, and that is the end */
};

/* The longest "with". */
#define PUMP_WITH (POOL_BUFFER / 2)

struct pump_step {
	enum pump_move move;
	size_t take;
	const char *with;
	size_t length;
};

struct pump_judge {
	/* What to do with the bytes that came from a side; NULL: all cross.  last:
	 * the side has closed, nothing will come behind them. */
	struct pump_step (*next)(void *owner, int from, const char *bytes, size_t count, bool last);
	void *owner;
};

/* How a side stopped talking. */
enum lane_end { LANE_OPEN, LANE_CLOSED, LANE_CUT };

/* One way: from a side to the other. */
struct lane {
	char *in; /* what was read: [head, judged) may cross, [judged, tail) may not yet */
	size_t size, head, judged, tail;
	char *out; /* goes before that; the judge's words */
	size_t out_head, out_tail;
	enum lane_end end; /* how the side that it comes from ended */
	bool held;         /* the judge wants more, or the other side first */
	bool deaf;         /* the side that it goes to takes nothing any more */
	bool done;         /* the end was passed on */
	bool busy;         /* much comes: a large buffer is worth it */
	uint64_t moved;
};

struct pump {
	struct pool *pool;
	struct side *side[2];
	struct lane lane[2]; /* lane n comes from side n */
	struct pump_judge judge;
	bool closing; /* the judge said PUMP_CLOSE */
	bool starved; /* there was no memory: call it again some time, though it waits */
	int first;    /* the side that stopped talking first; -1: none yet */
};

enum pump_state {
	PUMP_WAITS,  /* until an end is woken */
	PUMP_AGAIN,  /* others should have their turn; call it again without being woken */
	PUMP_CLOSED, /* both sides closed, in their own time */
	PUMP_CUTOFF, /* one side was cut off: abort the other */
	PUMP_REFUSED /* the judge has ended it; side 0 has been told */
};

void pump_open(struct pump *, struct pool *, struct side *first, struct side *second);
void pump_close(struct pump *);

/* Bytes that were read from a side before the pump took over, in an order with
 * what follows. 0, or -1 when they do not fit. */
int pump_prime(struct pump *, int from, const char *bytes, size_t count);

enum pump_state pump_run(struct pump *);

#endif

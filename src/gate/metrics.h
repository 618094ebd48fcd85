/* SPDX-License-Identifier: ISC */
/*
 * The process that tells how the daemon is, over HTTP, to whoever may connect:
 * /metrics for Prometheus, /healthz for load balancers and the like.  It reads the
 * board, and has neither keys nor clients.
 */
#ifndef GATE_METRICS_H
#define GATE_METRICS_H

#include "gate/board.h"
#include "gate/front.h"
#include "gate/metrics_page.h"
#include "loop/log.h"
#include "loop/loop.h"

/* What the fronts' certificates are.  The fronts are not needed afterwards.  0, or
 * -1 when memory is out. */
int metrics_facts_take(struct metrics_facts *, const struct front *, size_t count);
void metrics_facts_free(struct metrics_facts *);

struct metrics_spec {
	struct loop *loop;
	struct log *log;
	const int *fds; /* listening, and taken over */
	size_t fd_count;
	const struct board *board;
	const struct metrics_facts *facts;
	void (*empty)(void *owner); /* retired, and nobody waits for an answer any more */
	void *owner;
};

struct metrics;

/* NULL when memory is out. */
struct metrics *metrics_open(const struct metrics_spec *);
/* Listens no more. */
void metrics_retire(struct metrics *);
void metrics_close(struct metrics *); /* NULL is fine */

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A worker: one of the processes that serve.  It has inherited everything that it
 * needs, gives up what it does not, and knows nothing of the other ones.
 */
#ifndef GATE_WORKER_H
#define GATE_WORKER_H

#include "gate/child.h"
#include "gate/generation.h"
#include "loop/log.h"
#include "loop/sockets.h"

struct worker_order {
	const char *path; /* of the configuration, to complain about it */
	struct generation *generation;
	struct sockets *sockets; /* the parent's: closed once we have ours */
	struct log *log;
	struct board *board;
	struct board_slot *slot;
	struct tally_board *tallies;
	struct tally *tally;
	enum board_process kind;
	size_t index; /* among those of its kind */
	int channel;  /* to the parent */
};

/* Serves until it is told to stop, or retired and done: the exit status. */
int worker_run(const struct worker_order *);

/* The same for the process that tells how the others are: metrics_process.c */
int worker_tell(const struct worker_order *);

/* And for the one that answers what outgoing mail has to have: policy_process.c */
int worker_advise(const struct worker_order *);

#endif

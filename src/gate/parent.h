/* SPDX-License-Identifier: ISC */
/*
 * The parent: it reads configuration and keys, binds, starts the processes that
 * serve (worker.h) and looks after them.  It never reads a byte from the network,
 * and so can keep the privileges that a new configuration will need.
 *
 *	parent.c           begin and end
 *	parent_reload.c    from one generation to the next
 *	parent_children.c  the processes: begun, heard, ended, begun again
 *	parent_tickets.c   the keys of session tickets
 *	parent_tell.c      what operators and systemd are told
 */
#ifndef GATE_PARENT_H
#define GATE_PARENT_H

#include "gate/child.h"
#include "gate/generation.h"
#include "gate/stamps.h"
#include "gate/tally.h"
#include "gate/tickets.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "loop/sockets.h"
#include "loop/timer.h"
#include "proc/channel.h"

struct parent {
	const char *path; /* of the configuration */
	char *text;       /* the one that is in force */
	size_t length;
	char *coming; /* that of the generation that starts; NULL: the same */
	size_t coming_length;
	struct log *log;  /* that of the current generation */
	struct log first; /* before there is one */
	struct loop *loop;
	struct sockets *sockets;
	struct tickets tickets;
	struct hosts hosts;
	struct board *board;
	struct tally_board tallies;
	struct generation *current;  /* NULL: before the first one serves */
	struct generation *starting; /* NULL: none */
	struct generation *old;      /* a list of those that retire */
	struct timer *patience;      /* with a generation that starts */
	struct timer *turn;          /* of the ticket keys */
	struct timer *look;          /* at files that are read once */
	struct timer *limit;         /* of draining */
	struct stamps stamps;
	const char *changing; /* had changed at the last look: it may be doing so still */
	bool again;           /* somebody asked for a new configuration meanwhile */
	bool draining;
	bool failed;
};

/* parent_reload.c: reads the file, or takes the text that is in force once more,
 * and starts a generation of it. 0, or -1 with complaints told. */
int parent_reload(struct parent *);
int parent_renew(struct parent *);
/* A child of the generation that starts is ready, or will never be. */
void parent_progress(struct parent *);
void parent_give_up(struct parent *);
/* What starts is told not to go on, in one way or the other. */
void parent_abandon(struct parent *, enum proc_kind how);
/* An old one's children may be gone. */
void parent_sweep(struct parent *);
/* Looks at files that are read once from now on; the timer does. */
void parent_watch(struct parent *);
void parent_look(void *parent);

/* parent_children.c: whoever has ended is noticed. */
void parent_reap(void *parent);
/* All of them, or those of a generation, are told something. */
void parent_tell_all(struct parent *, uint32_t kind, const void *body, size_t length);
void generation_tell(struct generation *, uint32_t kind, const void *body, size_t length);
bool generation_lives(const struct generation *);
bool parent_has_children(const struct parent *);
/* Without asking. */
void parent_kill_all(struct parent *);

/* parent.c */
void parent_childless(struct parent *); /* that is the end, if it was to be and nobody is left */
void parent_fail(struct parent *);      /* nothing will serve */

/* parent_tickets.c: keys that are shared with other machines; the timer turns those
 * that are not. */
void parent_take_keys(struct parent *, struct generation *, const struct proc_message *);
void parent_turn_keys(void *parent);

/* parent_tell.c */
void parent_complain(struct parent *, const struct config_error *);
void parent_report_end(struct parent *, const struct child *, const char *how);
void parent_serves(struct parent *, bool first); /* another generation does */

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A generation: a configuration, everything that is prepared for it, and the
 * processes that serve it.  A new configuration is a new generation; the sessions
 * of the one before go on in its own processes until they are over.
 *
 *	starting -> serving -> retiring
 */
#ifndef GATE_GENERATION_H
#define GATE_GENERATION_H

#include "gate/board.h"
#include "gate/config.h"
#include "gate/front.h"
#include "gate/hosts.h"
#include "gate/stamps.h"
#include "gate/tickets.h"
#include "loop/sockets.h"

struct child;

enum generation_state { GENERATION_STARTING, GENERATION_SERVING, GENERATION_RETIRING };

struct generation {
	struct generation *next;
	enum generation_state state;
	struct config config;
	struct log log;
	bool logs;            /* the log is open */
	struct stamps stamps; /* of files, from before they were read */
	struct front *fronts;
	size_t front_count;          /* of those that were prepared */
	struct socket_set **metrics; /* where they are listened for */
	size_t metrics_count;
	struct socket_set **policies; /* all of them, in the order of the configuration */
	size_t policy_count;
	struct child *children;
	size_t child_count;
};

/* What a generation stands on, all of which outlives it. */
struct ground {
	struct board *board;
	struct sockets *sockets;
	struct tickets *tickets;
};

/*
 * Reads a configuration (path is its name), certificates and keys, and has hosts
 * looked up.  NULL with
 * complaints, all that there are to be heard.
 */
struct generation *generation_new(const char *path, const char *text, size_t length, struct hosts *,
                                  struct config_error *);

/* Binds its addresses, gives it its keys and its rows, and opens its log.  0, or -1 with
 * complaints. */
int generation_bind(struct generation *, const char *path, const struct ground *,
                    struct config_error *);

/* Lets go of its addresses, as far as no other one has them. */
void generation_unbind(struct generation *, struct sockets *);

/* In a process that has no use for them: no key of a front stays there. */
void generation_close_fronts(struct generation *);

/* Its children are over, and its addresses unbound, or this is one of them. */
void generation_free(struct generation *);

#endif

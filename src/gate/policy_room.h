/* SPDX-License-Identifier: ISC */
/*
 * How many connections a policy service may have at once.  Those who ask are mail
 * servers of this machine: Postfix has as many processes of smtp(8) as
 * default_process_limit allows, a connection each, and keeps it while it has mail.
 */
#ifndef GATE_POLICY_ROOM_H
#define GATE_POLICY_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/config.h"

struct room {
	const char *name; /* of the service */
	struct log *log;
	size_t most;
	bool few_files; /* there would be more if there were more descriptors */
	int64_t silent_until;
};

/* What the limits of the configuration allow, as far as there are descriptors. */
void room_open(struct room *, const struct config *, const struct config_policy *, struct log *);

/* All are taken: somebody has gone for another one, or nobody could.  Says what to do, at
 * most once a minute. */
void room_is_full(struct room *, bool made);

#endif

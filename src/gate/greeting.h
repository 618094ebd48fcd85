/* SPDX-License-Identifier: ISC */
/*
 * Who greets the client?  A service greets whoever connects, but the client may
 * have had a greeting from us already, or our own dialogue with the service may
 * have eaten the one that the client is owed.
 */
#ifndef GATE_GREETING_H
#define GATE_GREETING_H

#include <stdbool.h>

#include <starttls/dialogue.h>

#include "gate/config.h"

struct greeting {
	/* What is said to the service once the connection to it is as it should
	 * be: STLS_TELL, STLS_GREET (its greeting is swallowed), or STLS_UPGRADE
	 * for nothing: then what it says first goes to the client. */
	enum stls_goal goal;
	bool ours; /* the client is owed a greeting, and gets it from us */
};

/* tls: whether the client's side is TLS; telling: whether the service is told
 * about the client in a dialogue. */
struct greeting greeting_plan(const struct config_front *, bool tls, bool telling);

#endif

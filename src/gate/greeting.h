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
	 * be: STLS_TELL; STLS_LIST and STLS_GREET, with which what the client has
	 * heard from us is heard again, and kept from it; or STLS_UPGRADE for
	 * nothing: then what the service says first goes to the client. */
	enum stls_goal goal;
	bool ours;  /* the client is owed a greeting, and gets it from us */
	bool comes; /* the client is owed a greeting, and gets it from the service */
};

/* What the client has been through. */
struct greeting_past {
	bool tls;   /* its side is TLS now */
	bool named; /* in plaintext: it has said its name, and we have answered */
	bool told;  /* the service is to be told about it in a dialogue */
};

struct greeting greeting_plan(const struct config_front *, const struct greeting_past *);

#endif

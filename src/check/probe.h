/* SPDX-License-Identifier: ISC */
/*
 * A probe of one service: reach it, hear what it offers inside TLS, perhaps log
 * in, leave politely.  It verifies nobody into a failure: what is wrong with the
 * certificate is a finding, and the probe goes on, but never with a password.
 */
#ifndef CHECK_PROBE_H
#define CHECK_PROBE_H

#include "check/finding.h"
#include "check/login.h"
#include "check/reach.h"

struct probe_plan {
	struct loop *loop;
	const struct service *service;
	const struct service_names *names;
	const struct trail *trail; /* how it was found, with the TLSA records; or NULL */
	struct dns *dns;           /* as in a way */
	stls_tls_context *context;
	const char *our_name;
	int64_t milliseconds; /* for all of it */
	struct login_account account;
	void (*done)(void *owner);
	void *owner;
};

enum probe_state { PROBE_REACH, PROBE_LIST, PROBE_LOGIN, PROBE_LEAVE, PROBE_DONE };

struct probe {
	struct probe_plan plan;
	enum probe_state state;
	struct reach reach;
	struct finding finding;
	struct timer *timer;
	int64_t begun;
	stls_dialogue *dialogue;
	struct login *login;
	bool reached;
	size_t goodbye_sent;
};

/* done() is called once, from the loop or before this returns. */
void probe_begin(struct probe *, const struct probe_plan *);
/* When it is done.  The finding stays, for finding_free(). */
void probe_end(struct probe *);

#endif

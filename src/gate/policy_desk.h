/* SPDX-License-Identifier: ISC */
/*
 * The desk where a policy service is asked: what is known is answered at once, and
 * what is not is found out, once however many ask, in the order of the questions; but
 * nobody waits for those that take long.
 *
 * What is known is looked at again before it gets old, if anybody has asked since;
 * and policies of MTA-STS that the store remembers are, when it is time, whether
 * anybody asks or not.  So a destination that is known never waits.
 */
#ifndef GATE_POLICY_DESK_H
#define GATE_POLICY_DESK_H

#include <starttls/policy.h>

#include "gate/config.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "names/dns.h"
#include "names/fetch.h"
#include "store/store.h"

struct desk;
struct ledger; /* policy_ledger.h */

struct desk_order {
	const struct config *config;
	const struct config_policy *policy;
	struct loop *loop;
	struct log *log;
	struct dns *dns;
	struct fetcher *fetcher;
	struct store *store;
	struct ledger *ledger; /* of the store */
};

struct desk *desk_open(const struct desk_order *); /* NULL when memory is out */
/* Nobody waits any more. */
void desk_close(struct desk *);

/* The forms in which an answer can be had. */
enum desk_form {
	DESK_PLAIN,  /* for Postfix */
	DESK_TLSRPT, /* the same with what Postfix 3.10 and later report from */
	DESK_FORMS
};

/* Bytes that can be sent as they are. */
struct desk_reply {
	const char *bytes;
	size_t length;
};

/* Somebody who waits for an answer; embedded in what it belongs to. */
struct desk_wait {
	struct desk_wait *next, **link; /* link is NULL when it does not wait */
	enum desk_form form;
	void (*told)(struct desk_wait *, struct desk_reply);
};

/* The answer for a next hop, as it was asked.  True: here it is, good until the loop
 * goes on.  False: it has to be found out. */
bool desk_ask(struct desk *, const char *key, size_t length, enum desk_form, struct desk_reply *);

/* Has it found out: told() will be called, once and later.  False: it cannot be. */
bool desk_wait(struct desk *, const char *key, size_t length, enum desk_form, struct desk_wait *);
void desk_leave(struct desk_wait *); /* does not want to know any more */

/* For an answer that no question got: the service cannot take more. */
struct desk_reply desk_busy(const struct desk *);

struct desk_counts {
	uint64_t asked, known; /* questions, and those answered at once */
	uint64_t found_out, troubled;
	size_t remembered, under_way, waiting;
};
struct desk_counts desk_count(const struct desk *);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A desk whose flights go nowhere: the test says what they found out, and when; what
 * the store has; and what time it is.
 */
#ifndef TEST_GATE_DESK_H
#define TEST_GATE_DESK_H

#include "../loop/pair.h"
#include "still.h"

#include "gate/policy_desk.h"

#define FLIGHTS 8192

struct flight {
	char destination[321];
	bool refresh, over;
	void (*done)(void *owner, const struct stls_plan *, const char *why);
	void *owner;
};

struct scene {
	struct still still;
	struct loop *loop; /* that one's */
	struct log log;
	struct config config;
	struct config_policy policy;
	struct desk *desk;
	void *more; /* a test's own */
};

/* Opens one that speaks so. */
struct scene *scene_open(enum config_policy_speaks);
void scene_close(struct scene *);
/* Has the loop see to what is ready.  No time passes meanwhile. */
void scene_turn(struct scene *);
/* Lets time pass, with all that happens then. */
void scene_pass(struct scene *, int64_t milliseconds);

/* The flights that are under way: how many, and one by its destination, or NULL. */
size_t flights_count(void);
struct flight *flights_find(const char *destination);
/* All that have been begun, and each of them. */
size_t flights_begun(void);
struct flight *flights_at(size_t index);

/* What a flight has found out: a plan that makes Postfix hear "encrypt", "dane-only" and so
 * on; trouble; nothing; or a key that is none. */
void flight_finds(struct flight *, enum stls_level, int64_t seconds);
void flight_fetches(struct flight *, enum stls_level, int64_t seconds); /* a policy, too */
void flight_fails(struct flight *, const char *reason);
/* It has fetched a policy, or not, by which no host may be used. */
void flight_forbids(struct flight *, int renewed);
void flight_knows_nothing(struct flight *, int64_t seconds);
void flight_cannot_be(struct flight *, const char *why);

/* A domain of the store, whose policy is to be looked at at that date; NULL: no more. */
void store_has(const char *domain, int64_t when);

/* The operator's word for a destination; NULL: none. */
void operator_says(const char *key, const struct config_override *);

#endif

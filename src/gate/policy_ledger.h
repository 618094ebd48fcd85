/* SPDX-License-Identifier: ISC */
/*
 * What was put in the store is written, and whoever waits for that is told: all that
 * come in one turn of the loop at once, for a disk takes as long for many as for one.
 */
#ifndef GATE_POLICY_LEDGER_H
#define GATE_POLICY_LEDGER_H

#include "loop/loop.h"
#include "names/links.h"
#include "store/store.h"

struct ledger;

struct ledger *ledger_open(struct loop *, struct store *); /* NULL when memory is out */
void ledger_close(struct ledger *);                        /* nobody waits; NULL is fine */

/* Somebody who waits; embedded in what it belongs to. */
struct ledger_wait {
	struct link place;
	void (*written)(void *owner);
	void *owner;
};

/* Whether all that is in the store lasts. */
bool ledger_lasts(const struct ledger *);
/* written() is called once, later: all that is in the store lasts, if it can. */
void ledger_await(struct ledger *, struct ledger_wait *);
/* Does not want to know any more.  Zeroed it does not wait. */
void ledger_leave(struct ledger_wait *);

#endif

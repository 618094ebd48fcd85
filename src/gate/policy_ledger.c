/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "gate/policy_ledger.h"
#include "loop/timer.h"

struct ledger {
	struct store *store;
	struct timer *turn;
	struct link waiting;
};

/* The store tells of its troubles itself. */
static void on_turn(void *owner)
{
	struct ledger *ledger = owner;
	struct link batch;

	link_init(&batch);
	link_move_all(&batch, &ledger->waiting);
	store_write(ledger->store, loop_date());
	while (!link_alone(&batch)) {
		struct ledger_wait *wait = LINK_OWNER(batch.next, struct ledger_wait, place);

		ledger_leave(wait);
		wait->written(wait->owner);
	}
}

struct ledger *ledger_open(struct loop *loop, struct store *store)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return NULL;
	ledger->store = store;
	link_init(&ledger->waiting);
	ledger->turn = timer_open(loop, on_turn, ledger);
	if (ledger->turn)
		return ledger;
	ledger_close(ledger);
	return NULL;
}

void ledger_close(struct ledger *ledger)
{
	if (ledger)
		timer_close(ledger->turn);
	free(ledger);
}

bool ledger_lasts(const struct ledger *ledger)
{
	struct store_health health;

	store_health(ledger->store, &health);
	return health.unwritten == 0;
}

void ledger_await(struct ledger *ledger, struct ledger_wait *wait)
{
	link_init(&wait->place);
	link_into(&ledger->waiting, &wait->place);
	if (!timer_is_set(ledger->turn))
		timer_set(ledger->turn, 0);
}

void ledger_leave(struct ledger_wait *wait)
{
	if (!wait->place.next)
		return;
	link_out(&wait->place);
	wait->place = (struct link){0};
}

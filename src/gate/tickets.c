/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/random.h>

#include "gate/tickets.h"

#define TURN 14400000 /* ms: 4 hours, twice as long as a ticket is good */

int tickets_turn(struct tickets *tickets)
{
	unsigned char key[STLS_TICKET_KEY_SIZE];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -1;
	memmove(tickets->keys[1], tickets->keys[0], sizeof(key) * (STLS_TICKET_KEYS - 1));
	memcpy(tickets->keys[0], key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	if (tickets->count < STLS_TICKET_KEYS)
		tickets->count++;
	return stls_tls_context_tickets(tickets->context,
	                                (const unsigned char(*)[STLS_TICKET_KEY_SIZE])tickets->keys,
	                                tickets->count);
}

static void on_timer(void *owner)
{
	struct tickets *tickets = owner;

	tickets_turn(tickets);
	timer_set(tickets->timer, TURN);
}

int tickets_open(struct tickets *tickets, struct loop *loop, stls_tls_context *context)
{
	*tickets = (struct tickets){.context = context};
	tickets->timer = timer_open(loop, on_timer, tickets);
	if (!tickets->timer)
		return -1;
	timer_set(tickets->timer, TURN);
	return tickets_turn(tickets);
}

void tickets_close(struct tickets *tickets)
{
	timer_close(tickets->timer);
	explicit_bzero(tickets, sizeof(*tickets));
}

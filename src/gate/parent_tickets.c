/* SPDX-License-Identifier: ISC */
/* The keys of session tickets: made here, or shared by machines and taken from the
 * process that has the store. */
#include <string.h>

#include "gate/parent.h"
#include "gate/worker_talk.h"

/* For all processes that serve a front of that name, now and later. */
static void tell_keys(struct generation *generation, const struct ticket_ring *ring)
{
	struct worker_keys keys = {.count = (uint32_t)ring->count};

	memcpy(keys.keys, ring->keys, sizeof(keys.keys));
	for (uint32_t i = 0; generation && i < generation->front_count; i++) {
		struct front *front = &generation->fronts[i];

		if (strcmp(front->config->name, ring->front) != 0)
			continue;
		keys.front = i;
		if (tickets_use(ring, front->tls) == 0)
			generation_tell(generation, PROC_TICKETS, &keys, sizeof(keys));
	}
	explicit_bzero(&keys, sizeof(keys));
}

static void use(struct parent *parent, const struct ticket_ring *ring)
{
	tell_keys(parent->current, ring);
	tell_keys(parent->starting, ring);
}

/* Shared ones that nobody has turned for long are turned here: an old key is worse
 * than one that other machines do not have. */
static bool is_shared(const struct ticket_ring *ring)
{
	return ring->shared && loop_clock() - ring->shared < 2 * TICKETS_TURN;
}

void parent_turn_keys(void *owner)
{
	struct parent *parent = owner;

	timer_set(parent->turn, TICKETS_TURN);
	for (struct ticket_ring *ring = parent->tickets.rings; ring; ring = ring->next) {
		if (is_shared(ring) || tickets_turn(ring) < 0)
			continue;
		board_add(&parent->board->daemon.ticket_keys, 1);
		use(parent, ring);
	}
}

void parent_take_keys(struct parent *parent, struct generation *generation,
                      const struct proc_message *message)
{
	struct worker_keys keys;
	struct ticket_ring *ring;

	if (message->length != sizeof(keys))
		return;
	memcpy(&keys, message->body, sizeof(keys));
	if (keys.front < generation->front_count && keys.count > 0 &&
	    keys.count <= STLS_TICKET_KEYS &&
	    (ring = tickets_find(&parent->tickets, generation->fronts[keys.front].config->name))) {
		memcpy(ring->keys, keys.keys, sizeof(ring->keys));
		ring->count = keys.count;
		ring->shared = loop_clock();
		use(parent, ring);
	}
	explicit_bzero(&keys, sizeof(keys));
}

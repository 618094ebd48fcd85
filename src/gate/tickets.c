/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gate/tickets.h"

int tickets_turn(struct ticket_ring *ring)
{
	unsigned char key[STLS_TICKET_KEY_SIZE];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -1;
	memmove(ring->keys[1], ring->keys[0], sizeof(key) * (STLS_TICKET_KEYS - 1));
	memcpy(ring->keys[0], key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	if (ring->count < STLS_TICKET_KEYS)
		ring->count++;
	return 0;
}

static struct ticket_ring *new_ring(const char *front)
{
	size_t length = strlen(front) + 1;
	struct ticket_ring *ring = calloc(1, sizeof(*ring) + length);

	if (!ring)
		return NULL;
	memcpy(ring->front, front, length);
	if (tickets_turn(ring) == 0)
		return ring;
	free(ring);
	return NULL;
}

struct ticket_ring *tickets_find(const struct tickets *tickets, const char *front)
{
	struct ticket_ring *ring = tickets->rings;

	while (ring && strcmp(ring->front, front) != 0)
		ring = ring->next;
	return ring;
}

struct ticket_ring *tickets_ring(struct tickets *tickets, const char *front)
{
	struct ticket_ring *ring = tickets_find(tickets, front);

	if (ring)
		return ring;
	ring = new_ring(front);
	if (!ring)
		return NULL;
	ring->next = tickets->rings;
	tickets->rings = ring;
	return ring;
}

int tickets_use(const struct ticket_ring *ring, stls_tls_context *context)
{
	return stls_tls_context_tickets(
	    context, (const unsigned char(*)[STLS_TICKET_KEY_SIZE])ring->keys, ring->count);
}

void tickets_forget(struct tickets *tickets)
{
	while (tickets->rings) {
		struct ticket_ring *ring = tickets->rings;

		tickets->rings = ring->next;
		explicit_bzero(ring->keys, sizeof(ring->keys));
		free(ring);
	}
}

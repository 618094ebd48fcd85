/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gate/policy_tickets.h"
#include "gate/tickets.h"
#include "gate/worker_talk.h"
#include "proc/channel.h"

_Static_assert(STORE_TICKET_SIZE == STLS_TICKET_KEY_SIZE, "a key is a key");
_Static_assert(STORE_TICKET_KEYS == STLS_TICKET_KEYS, "and there are as many");

int policy_tickets_open(struct policy_tickets *tickets, const struct config *config,
                        struct store *store, int channel)
{
	*tickets = (struct policy_tickets){.config = config, .store = store, .channel = channel};
	tickets->number = calloc(config->front_count + 1, sizeof(*tickets->number));
	return tickets->number ? 0 : -1;
}

void policy_tickets_close(struct policy_tickets *tickets)
{
	free(tickets->number);
	*tickets = (struct policy_tickets){0};
}

static bool is_old(const struct store_tickets *kept, int64_t now)
{
	return !kept->number || now - kept->made[0] >= TICKETS_TURN / 1000;
}

/* Another machine may have been quicker, and then its key counts. */
static enum store_result turn(const struct policy_tickets *tickets, const char *front, int64_t now,
                              struct store_tickets *kept)
{
	unsigned char key[STORE_TICKET_SIZE];
	enum store_result result;

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return STORE_TROUBLE;
	result = store_tickets_turn(tickets->store, front, kept->number, key, now, kept);
	explicit_bzero(key, sizeof(key));
	return result;
}

static void tell(const struct policy_tickets *tickets, size_t front,
                 const struct store_tickets *kept)
{
	struct worker_keys keys = {.front = (uint32_t)front, .count = (uint32_t)kept->count};

	memcpy(keys.keys, kept->keys, sizeof(keys.keys));
	proc_send(tickets->channel, PROC_TICKETS, &keys, sizeof(keys));
	explicit_bzero(&keys, sizeof(keys));
}

static bool look(struct policy_tickets *tickets, size_t front, int64_t now)
{
	const char *name = tickets->config->fronts[front].name;
	struct store_tickets kept = {0};
	enum store_result result = store_tickets_get(tickets->store, name, now, &kept);

	if (result != STORE_TROUBLE && is_old(&kept, now))
		result = turn(tickets, name, now, &kept);
	if (result == STORE_OK && kept.count > 0 && kept.number != tickets->number[front]) {
		tickets->number[front] = kept.number;
		tell(tickets, front, &kept);
	}
	explicit_bzero(&kept, sizeof(kept));
	return result == STORE_OK;
}

bool policy_tickets_look(struct policy_tickets *tickets, int64_t now)
{
	bool good = true;

	for (size_t i = 0; i < tickets->config->front_count; i++)
		good = look(tickets, i, now) && good;
	return good;
}

/* SPDX-License-Identifier: ISC */
/* The calls of each kind: what callers have as their own structs. */
#include <string.h>

#include "store/deadline.h"
#include "store/keep.h"

static void begin_call(struct store *store)
{
	store->deadline = deadline_in(store->timeout);
}

#define CALLS(name, kind)                                                                          \
	enum store_result store_##name##_get(struct store *store, const char *key, int64_t now,    \
	                                     struct store_##name *out)                             \
	{                                                                                          \
		enum store_result result;                                                          \
                                                                                                   \
		begin_call(store);                                                                 \
		result = keep_get(store, kind, key, now);                                          \
		if (result == STORE_OK)                                                            \
			*out = store->out.name;                                                    \
		return result;                                                                     \
	}                                                                                          \
	enum store_result store_##name##_put(struct store *store,                                  \
	                                     const struct store_##name *record, int64_t now)       \
	{                                                                                          \
		union record copy;                                                                 \
                                                                                                   \
		begin_call(store);                                                                 \
		memset(&copy, 0, sizeof(copy));                                                    \
		copy.name = *record;                                                               \
		return keep_put(store, kind, &copy, now);                                          \
	}                                                                                          \
	enum store_result store_##name##_forget(struct store *store, const char *key, int64_t now) \
	{                                                                                          \
		begin_call(store);                                                                 \
		return keep_forget(store, kind, key, now);                                         \
	}                                                                                          \
	enum store_result store_##name##_next(struct store *store, const char *after,              \
	                                      struct store_##name *out)                            \
	{                                                                                          \
		enum store_result result = keep_next(store, kind, after);                          \
                                                                                                   \
		if (result == STORE_OK)                                                            \
			*out = store->out.name;                                                    \
		return result;                                                                     \
	}

CALLS(policy, KIND_POLICY)
CALLS(host, KIND_HOST)
CALLS(override, KIND_OVERRIDE)

/* ---- ticket keys ---- */

enum store_result store_tickets_get(struct store *store, const char *front, int64_t now,
                                    struct store_tickets *out)
{
	enum store_result result;

	begin_call(store);
	result = keep_get(store, KIND_TICKETS, front, now);
	if (result == STORE_OK)
		*out = store->out.tickets;
	return result;
}

static void add_key(struct store_tickets *tickets, const unsigned char *key, int64_t now)
{
	memmove(tickets->keys[1], tickets->keys[0],
	        sizeof(tickets->keys[0]) * (STORE_TICKET_KEYS - 1));
	memmove(tickets->made + 1, tickets->made, sizeof(now) * (STORE_TICKET_KEYS - 1));
	memcpy(tickets->keys[0], key, STORE_TICKET_SIZE);
	tickets->made[0] = now;
	tickets->number++;
	if (tickets->count < STORE_TICKET_KEYS)
		tickets->count++;
}

enum store_result store_tickets_turn(struct store *store, const char *front, int64_t newest,
                                     const unsigned char key[STORE_TICKET_SIZE], int64_t now,
                                     struct store_tickets *out)
{
	union record next;
	enum store_result result;

	memset(out, 0, sizeof(*out));
	result = store_tickets_get(store, front, now, out);
	if (result == STORE_TROUBLE || out->number != newest)
		return result == STORE_TROUBLE ? result : STORE_OK;
	memset(&next, 0, sizeof(next));
	next.tickets = *out;
	strncpy(next.tickets.front, front, sizeof(next.tickets.front) - 1);
	add_key(&next.tickets, key, now);
	result = keep_first(store, KIND_TICKETS, &next, now);
	if (result == STORE_OK && keep_get(store, KIND_TICKETS, front, now) == STORE_OK)
		*out = store->out.tickets;
	explicit_bzero(&next, sizeof(next));
	return result;
}

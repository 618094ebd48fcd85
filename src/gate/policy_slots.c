/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_slots.h"

/* A request that waits, and its reply once that is there. */
struct slot {
	struct desk_wait wait; /* first: told() is given this */
	struct slots *slots;
	struct slot *next;
	char *copy; /* of the reply; NULL: it is the desk's own */
	struct desk_reply reply;
};

void slots_open(struct slots *slots, struct desk *desk, void (*ready)(void *owner), void *owner)
{
	*slots =
	    (struct slots){.desk = desk, .last = &slots->first, .ready = ready, .owner = owner};
}

/* For want of memory, too, there is an answer. */
static void set(struct slot *slot, struct desk_reply reply)
{
	slot->copy = reply.bytes ? malloc(reply.length) : NULL;
	if (!slot->copy) {
		slot->reply = desk_busy(slot->slots->desk);
		return;
	}
	memcpy(slot->copy, reply.bytes, reply.length);
	slot->reply = (struct desk_reply){slot->copy, reply.length};
}

static void told(struct desk_wait *wait, struct desk_reply reply)
{
	struct slot *slot = (struct slot *)wait;
	struct slots *slots = slot->slots;

	set(slot, reply);
	if (slot == slots->first)
		slots->ready(slots->owner);
}

static struct slot *add(struct slots *slots)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	slot->wait.told = told;
	slot->slots = slots;
	*slots->last = slot;
	slots->last = &slot->next;
	slots->count++;
	return slot;
}

bool slots_add(struct slots *slots, struct desk_reply reply)
{
	struct slot *slot = add(slots);

	if (slot)
		set(slot, reply);
	return slot;
}

bool slots_ask(struct slots *slots, const struct request *request)
{
	struct slot *slot = add(slots);

	if (slot &&
	    !desk_wait(slots->desk, request->key, request->length, request->form, &slot->wait))
		slot->reply = desk_busy(slots->desk);
	return slot;
}

struct desk_reply slots_next(const struct slots *slots)
{
	return slots->first ? slots->first->reply : (struct desk_reply){0};
}

void slots_take(struct slots *slots)
{
	struct slot *slot = slots->first;

	slots->first = slot->next;
	if (!slots->first)
		slots->last = &slots->first;
	slots->count--;
	desk_leave(&slot->wait);
	free(slot->copy);
	free(slot);
}

void slots_close(struct slots *slots)
{
	while (slots->first)
		slots_take(slots);
}

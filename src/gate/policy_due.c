/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "gate/policy_due.h"

void due_open(struct due *due, int64_t now)
{
	memset(due, 0, sizeof(*due));
	due->second = now;
}

static struct entry **slot_of(struct due *due, int64_t second)
{
	return &due->slots[second % DUE_SLOTS];
}

void due_clear(struct entry *entry)
{
	if (!entry->due_link)
		return;
	if (entry->due_next)
		entry->due_next->due_link = entry->due_link;
	*entry->due_link = entry->due_next;
	entry->due_link = NULL;
}

void due_set(struct due *due, struct entry *entry, int64_t second)
{
	struct entry **slot;

	if (second <= due->second)
		second = due->second + 1;
	if (second >= due->second + DUE_SLOTS)
		second = due->second + DUE_SLOTS - 1;
	due_clear(entry);
	slot = slot_of(due, second);
	entry->due_next = *slot;
	entry->due_link = slot;
	if (entry->due_next)
		entry->due_next->due_link = &entry->due_next;
	*slot = entry;
}

struct entry *due_take(struct due *due, int64_t now)
{
	struct entry *entry = NULL;

	while (due->second < now && !(entry = *slot_of(due, due->second + 1)))
		due->second++;
	if (entry)
		due_clear(entry);
	return entry;
}

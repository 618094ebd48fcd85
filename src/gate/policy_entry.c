/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gate/policy_entry.h"
#include "gate/siphash.h"

#define AT_MOST 100000 /* destinations */
#define SLOTS 131072

int table_open(struct table *table)
{
	*table = (struct table){.size = SLOTS};
	table->slots = calloc(table->size, sizeof(struct entry *));
	if (!table->slots)
		return -1;
	return getrandom(table->secret, sizeof(table->secret), 0) == (ssize_t)sizeof(table->secret)
	           ? 0
	           : -1;
}

static struct entry **slot_of(struct table *table, uint64_t hash)
{
	return &table->slots[hash & (table->size - 1)];
}

static void unlink_age(struct table *table, struct entry *entry)
{
	*(entry->younger ? &entry->younger->older : &table->youngest) = entry->older;
	*(entry->older ? &entry->older->younger : &table->oldest) = entry->younger;
}

static void link_age(struct table *table, struct entry *entry)
{
	entry->younger = NULL;
	entry->older = table->youngest;
	*(table->youngest ? &table->youngest->younger : &table->oldest) = entry;
	table->youngest = entry;
}

void table_touch(struct table *table, struct entry *entry)
{
	entry->asked = true;
	if (table->youngest == entry)
		return;
	unlink_age(table, entry);
	link_age(table, entry);
}

static void drop(struct table *table, struct entry *entry)
{
	struct entry **link = slot_of(table, entry->hash);

	while (*link != entry)
		link = &(*link)->below;
	*link = entry->below;
	unlink_age(table, entry);
	table->count--;
	for (int form = 0; form < DESK_FORMS; form++)
		free(entry->reply[form]);
	free(entry);
}

void table_close(struct table *table)
{
	while (table->oldest)
		drop(table, table->oldest);
	free(table->slots);
	*table = (struct table){0};
}

struct entry *table_find(struct table *table, const char *key, size_t length)
{
	uint64_t hash = siphash(table->secret, key, length);
	struct entry *entry = *slot_of(table, hash);

	while (entry && (entry->hash != hash || entry->key_length != length ||
	                 memcmp(entry->key, key, length) != 0))
		entry = entry->below;
	return entry;
}

/* Those that are being found out are wanted. */
static void make_room(struct table *table)
{
	struct entry *entry = table->oldest;

	while (entry && (entry->flight || entry->waits))
		entry = entry->younger;
	if (entry)
		drop(table, entry);
}

struct entry *table_add(struct table *table, const char *key, size_t length)
{
	struct entry *entry = calloc(1, sizeof(*entry) + length + 1);
	struct entry **slot;

	if (!entry)
		return NULL;
	if (table->count >= AT_MOST)
		make_room(table);
	memcpy(entry->key, key, length);
	entry->key_length = length;
	entry->hash = siphash(table->secret, key, length);
	slot = slot_of(table, entry->hash);
	entry->below = *slot;
	*slot = entry;
	table->count++;
	link_age(table, entry);
	return entry;
}

void entry_set(struct entry *entry, enum desk_form form, char *bytes, size_t length)
{
	free(entry->reply[form]);
	entry->reply[form] = bytes;
	entry->length[form] = length;
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gate/policy_due.h"
#include "gate/policy_entry.h"
#include "gate/siphash.h"

int table_open(struct table *table, const struct table_bounds *bounds)
{
	*table = (struct table){.bounds = *bounds, .size = 1};
	while (table->size < bounds->entries)
		table->size *= 2;
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

static size_t size_of(size_t key_length)
{
	return sizeof(struct entry) + key_length + 1;
}

static void drop(struct table *table, struct entry *entry)
{
	struct entry **link = slot_of(table, entry->hash);

	while (*link != entry)
		link = &(*link)->below;
	*link = entry->below;
	unlink_age(table, entry);
	due_clear(entry);
	for (int form = 0; form < DESK_FORMS; form++)
		entry_set(table, entry, (enum desk_form)form, NULL, 0);
	table->count--;
	table->octets -= size_of(entry->key_length);
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

static bool is_wanted(const struct entry *entry)
{
	return entry->held || entry->waits || entry->errands[ERRAND_ANSWER] ||
	       entry->errands[ERRAND_RENEW];
}

static void make_room(struct table *table)
{
	struct entry *entry = table->oldest;

	while (entry &&
	       (table->count >= table->bounds.entries || table->octets > table->bounds.octets)) {
		struct entry *younger = entry->younger;

		if (!is_wanted(entry))
			drop(table, entry);
		entry = younger;
	}
}

struct entry *table_add(struct table *table, const char *key, size_t length)
{
	struct entry *entry = calloc(1, size_of(length));
	struct entry **slot;

	if (!entry)
		return NULL;
	make_room(table);
	memcpy(entry->key, key, length);
	entry->key_length = length;
	entry->hash = siphash(table->secret, key, length);
	slot = slot_of(table, entry->hash);
	entry->below = *slot;
	*slot = entry;
	table->count++;
	table->octets += size_of(length);
	link_age(table, entry);
	return entry;
}

void entry_set(struct table *table, struct entry *entry, enum desk_form form, char *bytes,
               size_t length)
{
	free(entry->reply[form]);
	table->octets += length;
	table->octets -= entry->length[form];
	entry->reply[form] = bytes;
	entry->length[form] = length;
}

struct desk_reply entry_reply(const struct entry *entry, enum desk_form form)
{
	if (!entry->reply[form])
		form = DESK_PLAIN;
	return (struct desk_reply){entry->reply[form], entry->length[form]};
}

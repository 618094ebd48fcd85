/* SPDX-License-Identifier: ISC */
/* tdestroy(3) */
#define _GNU_SOURCE
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "names/dns_memory.h"

/* A tree, as strangers choose the names: they cannot make it slow. */
static int compare(const void *left, const void *right)
{
	const struct dns_entry *a = left, *b = right;

	return a->type != b->type ? (a->type < b->type ? -1 : 1) : strcmp(a->name, b->name);
}

void dns_memory_init(struct dns_memory *memory)
{
	*memory = (struct dns_memory){0};
	link_init(&memory->idle);
}

static struct dns_entry *make(const char *name, enum dns_type type)
{
	size_t length = strlen(name) + 1;
	struct dns_entry *entry = calloc(1, sizeof(*entry) + length);

	if (!entry)
		return NULL;
	entry->type = type;
	entry->name = memcpy(entry + 1, name, length);
	link_init(&entry->place);
	link_init(&entry->due);
	link_init(&entry->askers);
	return entry;
}

struct dns_entry *dns_entry_lone(const char *name, enum dns_type type)
{
	struct dns_entry *entry = make(name, type);

	if (entry)
		entry->lone = true;
	return entry;
}

struct dns_entry *dns_memory_take(struct dns_memory *memory, const char *name, enum dns_type type)
{
	struct dns_entry wanted = {.type = type, .name = name}, *entry;
	struct dns_entry *const *found = tfind(&wanted, &memory->tree, compare);

	if (found)
		return *found;
	entry = make(name, type);
	if (!entry)
		return NULL;
	if (!tsearch(entry, &memory->tree, compare)) {
		free(entry);
		return NULL;
	}
	memory->count++;
	return entry;
}

void dns_entry_free(struct dns_entry *entry)
{
	while (!link_alone(&entry->askers))
		free(LINK_OWNER(link_take(&entry->askers), struct dns_query, place));
	link_out(&entry->place);
	link_out(&entry->due);
	free(entry->answer);
	free(entry);
}

static void free_node(void *entry)
{
	dns_entry_free(entry);
}

void dns_memory_free(struct dns_memory *memory)
{
	tdestroy(memory->tree, free_node);
}

void dns_memory_answer(struct dns_memory *memory, struct dns_entry *entry,
                       struct dns_answer *answer)
{
	if (!entry->lone) {
		memory->octets -= entry->answer ? entry->answer->octets : 0;
		memory->octets += answer ? answer->octets : 0;
	}
	free(entry->answer);
	entry->answer = answer;
}

static void forget(struct dns_memory *memory, struct dns_entry *entry)
{
	dns_memory_answer(memory, entry, NULL);
	tdelete(entry, &memory->tree, compare);
	memory->count--;
	dns_entry_free(entry);
}

void dns_memory_rest(struct dns_memory *memory, struct dns_entry *entry, unsigned most)
{
	if (entry->lone) {
		dns_entry_free(entry);
		return;
	}
	link_into(&memory->idle, &entry->place);
	while ((memory->count > most || memory->octets > (size_t)most * DNS_MEMORY_SHARE) &&
	       !link_alone(&memory->idle))
		forget(memory, LINK_OWNER(memory->idle.next, struct dns_entry, place));
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "store/memory.h"
#include "store/pack.h"

void memory_begin(struct memory *memory, size_t limit)
{
	memset(memory, 0, sizeof(*memory));
	TAILQ_INIT(&memory->unwritten);
	memory->limit = limit;
	if (getrandom(&memory->random, sizeof(memory->random), 0) < 0 || memory->random == 0)
		memory->random = 1;
}

static void let_go(struct item *item)
{
	if (kind_rules(item->kind)->secret)
		explicit_bzero(item->packed, item->length);
	free(item->packed);
	free(item);
}

void memory_end(struct memory *memory)
{
	for (int kind = 0; kind < KINDS; kind++)
		while (memory->kinds[kind].first[0]) {
			struct item *item = memory->kinds[kind].first[0];

			memory->kinds[kind].first[0] = item->next[0];
			let_go(item);
		}
}

/* ---- finding ---- */

const char *item_key(const struct item *item)
{
	return (const char *)item->packed;
}

/* For each level, the link behind the last thing with a lesser key.  Returns what the
 * lowest one leads to. */
static struct item *descend(struct memory_kind *list, const char *key,
                            struct item **links[MEMORY_HEIGHT])
{
	struct item **from = list->first;

	for (int level = MEMORY_HEIGHT; level-- > 0;) {
		while (from[level] && strcmp(item_key(from[level]), key) < 0)
			from = from[level]->next;
		links[level] = &from[level];
	}
	return *links[0];
}

struct item *memory_after(const struct memory *memory, enum kind kind, const char *key)
{
	struct item *const *from = memory->kinds[kind].first;

	for (int level = MEMORY_HEIGHT; level-- > 0;)
		while (from[level] && strcmp(item_key(from[level]), key) <= 0)
			from = from[level]->next;
	return from[0];
}

struct item *memory_find(struct memory *memory, enum kind kind, const char *key)
{
	struct item **links[MEMORY_HEIGHT];
	struct item *item = descend(&memory->kinds[kind], key, links);

	if (!item || strcmp(item_key(item), key) != 0)
		return NULL;
	item->used = true;
	return item;
}

/* ---- changing ---- */

/* xorshift (G. Marsaglia, 2003): whoever chooses keys must not choose heights too. */
static uint8_t random_height(struct memory *memory)
{
	uint8_t height = 1;
	uint64_t bits;

	memory->random ^= memory->random << 13;
	memory->random ^= memory->random >> 7;
	memory->random ^= memory->random << 17;
	for (bits = memory->random; height < MEMORY_HEIGHT && bits % 4 == 0; bits /= 4)
		height++;
	return height;
}

static size_t octets_of(const struct item *item)
{
	return sizeof(*item) + item->height * sizeof(item->next[0]) + item->length;
}

static struct item *insert(struct memory *memory, enum kind kind, unsigned char *packed,
                           size_t length)
{
	struct item **links[MEMORY_HEIGHT];
	uint8_t height = random_height(memory);
	struct item *item = calloc(1, sizeof(*item) + height * sizeof(item->next[0]));

	if (!item)
		return NULL;
	item->packed = packed;
	item->length = length;
	item->kind = (uint8_t)kind;
	item->height = height;
	item->used = true;
	descend(&memory->kinds[kind], item_key(item), links);
	for (int level = 0; level < height; level++) {
		item->next[level] = *links[level];
		*links[level] = item;
	}
	memory->count++;
	memory->octets += octets_of(item);
	return item;
}

static void replace(struct memory *memory, struct item *item, unsigned char *packed, size_t length)
{
	if (kind_rules(item->kind)->secret)
		explicit_bzero(item->packed, item->length);
	free(item->packed);
	memory->octets += length - item->length;
	item->packed = packed;
	item->length = length;
}

struct item *memory_set(struct memory *memory, enum kind kind, const union record *record,
                        int64_t gone)
{
	struct item *item = memory_find(memory, kind, record_key(record));
	size_t length = pack_size(kind, record);
	unsigned char *packed = malloc(length);

	if (!packed)
		return NULL;
	pack(kind, record, packed);
	if (item)
		replace(memory, item, packed, length);
	else
		item = insert(memory, kind, packed, length);
	if (item)
		item->gone = gone;
	else
		free(packed);
	return item;
}

void memory_remove(struct memory *memory, struct item *item)
{
	struct item **links[MEMORY_HEIGHT];

	memory_written(memory, item);
	if (memory->hand == item)
		memory->hand = item->next[0];
	descend(&memory->kinds[item->kind], item_key(item), links);
	for (int level = 0; level < item->height; level++)
		*links[level] = item->next[level];
	memory->count--;
	memory->octets -= octets_of(item);
	let_go(item);
}

void memory_unwritten(struct memory *memory, struct item *item)
{
	if (item->unwritten)
		return;
	item->unwritten = true;
	memory->unwritten_count++;
	TAILQ_INSERT_TAIL(&memory->unwritten, item, queue);
}

void memory_written(struct memory *memory, struct item *item)
{
	if (!item->unwritten)
		return;
	item->unwritten = false;
	memory->unwritten_count--;
	TAILQ_REMOVE(&memory->unwritten, item, queue);
}

/* ---- too much ---- */

/* Where the hand goes on: in its kind, or in the next one that has something. */
static struct item *turn_hand(struct memory *memory)
{
	struct item *item = memory->hand;
	int kind = item ? item->kind : 0;

	if (item && item->next[0])
		return item->next[0];
	for (int i = 1; i <= KINDS; i++) {
		struct item *first = memory->kinds[(kind + i) % KINDS].first[0];

		if (first)
			return first;
	}
	return NULL;
}

void memory_drop(struct memory *memory, const struct item *keep)
{
	/* twice around: once to see what is not used, once to drop it */
	for (size_t left = 2 * memory->count; left > 0 && memory->octets > memory->limit; left--) {
		struct item *item = memory->hand ? memory->hand : turn_hand(memory);
		bool stays = item->unwritten || item == keep || item->used ||
		             !kind_rules(item->kind)->droppable;

		item->used = false;
		memory->hand = item;
		memory->hand = turn_hand(memory);
		if (stays)
			continue;
		memory->kinds[item->kind].dropped = true;
		memory_remove(memory, item);
	}
}

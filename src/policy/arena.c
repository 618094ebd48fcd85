/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"

struct arena_block {
	struct arena_block *next;
	size_t room, used;
	_Alignas(max_align_t) unsigned char bytes[];
};

static const size_t block_room = 4000;

static struct arena_block *more(struct arena *arena, size_t least)
{
	size_t room = least > block_room ? least : block_room;
	struct arena_block *block;

	if (arena->broken || room > ARENA_LARGEST - arena->total)
		return NULL;
	block = calloc(1, sizeof(*block) + room);
	if (!block)
		return NULL;
	block->room = room;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->total += room;
	return block;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_block *block = arena->blocks;
	size_t need;
	void *taken;

	if (size > 0 && count > ARENA_LARGEST / size) {
		arena->broken = true;
		return NULL;
	}
	need = (count * size + align - 1) / align * align;
	if (!block || block->room - block->used < need)
		block = more(arena, need);
	if (!block) {
		arena->broken = true;
		return NULL;
	}
	taken = block->bytes + block->used;
	block->used += need;
	return taken;
}

const char *arena_text(struct arena *arena, const char *text, size_t length)
{
	char *copy = text ? arena_take(arena, length + 1, 1) : NULL;

	if (copy && length > 0)
		memcpy(copy, text, length);
	return copy;
}

const char *arena_string(struct arena *arena, const char *text)
{
	return arena_text(arena, text, text ? strlen(text) : 0);
}

void arena_clear(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	*arena = (struct arena){0};
}

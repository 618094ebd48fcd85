/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

struct piece {
	struct piece *next;
	_Alignas(max_align_t) char bytes[];
};

struct pool {
	struct piece *pieces;
};

void *pool_take(struct pool *pool, size_t size)
{
	struct piece *piece = calloc(1, sizeof(*piece) + size);

	if (!piece)
		abort();
	piece->next = pool->pieces;
	pool->pieces = piece;
	return piece->bytes;
}

const char *pool_text(struct pool *pool, const char *text, size_t length)
{
	char *copy = pool_take(pool, length + 1);

	memcpy(copy, text, length);
	return copy;
}

const char *pool_print(struct pool *pool, const char *format, ...)
{
	va_list list, again;
	char *out;
	int length;

	va_start(list, format);
	va_copy(again, list);
	length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	out = pool_take(pool, (size_t)length + 1);
	vsnprintf(out, (size_t)length + 1, format, again);
	va_end(again);
	return out;
}

struct pool *pool_new(void)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		abort();
	return pool;
}

void pool_free(struct pool *pool)
{
	while (pool->pieces) {
		struct piece *piece = pool->pieces;

		pool->pieces = piece->next;
		free(piece);
	}
	free(pool);
}

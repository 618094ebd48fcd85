/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "loop/pool.h"

#define KEPT_AT_MOST 64 /* 1 MiB: more than a loop fills in one turn */
#define LARGE_ONES 64   /* 4 MiB */

/* Buffers of one size that nobody has just now. */
struct shelf {
	char *kept[KEPT_AT_MOST];
	size_t count;
};

struct pool {
	struct shelf small, large;
	size_t lent, lent_large;
};

struct pool *pool_create(void)
{
	return calloc(1, sizeof(struct pool));
}

static void empty(struct shelf *shelf)
{
	while (shelf->count)
		free(shelf->kept[--shelf->count]);
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	empty(&pool->small);
	empty(&pool->large);
	free(pool);
}

static char *take(struct shelf *shelf, size_t size)
{
	return shelf->count ? shelf->kept[--shelf->count] : malloc(size);
}

static void put(struct shelf *shelf, char *buffer)
{
	if (shelf->count < KEPT_AT_MOST)
		shelf->kept[shelf->count++] = buffer;
	else
		free(buffer);
}

char *pool_borrow(struct pool *pool)
{
	char *buffer = take(&pool->small, POOL_BUFFER);

	if (buffer)
		pool->lent++;
	return buffer;
}

void pool_return(struct pool *pool, char *buffer)
{
	if (!buffer)
		return;
	pool->lent--;
	put(&pool->small, buffer);
}

char *pool_borrow_large(struct pool *pool)
{
	char *buffer = pool->lent_large < LARGE_ONES ? take(&pool->large, POOL_LARGE) : NULL;

	if (buffer)
		pool->lent_large++;
	return buffer;
}

void pool_return_large(struct pool *pool, char *buffer)
{
	pool->lent_large--;
	put(&pool->large, buffer);
}

size_t pool_lent(const struct pool *pool)
{
	return pool->lent + pool->lent_large;
}

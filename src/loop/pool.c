/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "loop/pool.h"

#define KEPT_AT_MOST 64 /* 1 MiB: more than a loop fills in one turn */

struct pool {
	char *kept[KEPT_AT_MOST];
	size_t count;
	size_t lent;
};

struct pool *pool_create(void)
{
	return calloc(1, sizeof(struct pool));
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	while (pool->count)
		free(pool->kept[--pool->count]);
	free(pool);
}

char *pool_borrow(struct pool *pool)
{
	char *buffer = pool->count ? pool->kept[--pool->count] : malloc(POOL_BUFFER);

	if (buffer)
		pool->lent++;
	return buffer;
}

void pool_return(struct pool *pool, char *buffer)
{
	if (!buffer)
		return;
	pool->lent--;
	if (pool->count < KEPT_AT_MOST)
		pool->kept[pool->count++] = buffer;
	else
		free(buffer);
}

size_t pool_lent(const struct pool *pool)
{
	return pool->lent;
}

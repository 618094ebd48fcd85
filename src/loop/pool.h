/* SPDX-License-Identifier: ISC */
/*
 * Buffers on loan.  A connection borrows one while it has bytes that it cannot
 * get rid of at once and gives it back when they are gone, so that ten thousand
 * idle sessions hold none.
 */
#ifndef LOOP_POOL_H
#define LOOP_POOL_H

#include <stddef.h>

#define POOL_BUFFER 16384 /* one TLS record: RFC 8446 section 5.1 */

struct pool;

struct pool *pool_create(void);
void pool_free(struct pool *); /* all buffers have been given back */

char *pool_borrow(struct pool *);              /* POOL_BUFFER bytes; NULL when memory is out */
void pool_return(struct pool *, char *buffer); /* NULL is fine */

size_t pool_lent(const struct pool *); /* how many are out */

#endif

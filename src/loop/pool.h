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

/* The same for whoever has much to move at once.  There are few, so that clients that
 * take in slowly cannot fill the memory with them: NULL when all are lent. */
#define POOL_LARGE 65536
char *pool_borrow_large(struct pool *);
void pool_return_large(struct pool *, char *buffer);

size_t pool_lent(const struct pool *); /* how many are out, of either size */

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A server: see backend.h for what it promises.
 *
 *	starttls:meta			a hash: schema, epoch, change
 *	starttls:policies		a sorted set: keys by the version
 *	starttls:policies:example.org	a hash: version, gone, and the fields
 *
 * What must not be seen half is done by scripts, which run alone
 * (https://redis.io/docs/manual/programmability/).
 */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include "store/backend.h"
#include "store/redis_knock.h"
#include "store/redis_link.h"

#define REDIS_BATCH 64 /* rows that are asked for in one go */
#define REDIS_KEY 400

struct redis_batch {
	redisReply *keys; /* with their versions */
	redisReply *rows[REDIS_BATCH];
	size_t count, at;
	enum kind kind;
	uint64_t version; /* of the last row that was taken out */
};

struct redis_server {
	struct backend base;
	struct redis_address address;
	stls_tls_context *context;
	struct redis_link link;
	struct redis_knock *knock; /* at a server that is away; NULL: none */
	uint64_t session;
	struct redis_batch batch;
	redisReply *borrowed; /* what a row was read from */
};

/* ---- redis_row.c ---- */

/* Names and values of the row's fields; numbers is where numbers are put into words. */
#define REDIS_NUMBERS 1024
void redis_row_words(const struct row *, struct redis_command *, char numbers[REDIS_NUMBERS]);
/* From what HGETALL says, and borrowed from it.  Kind and key are set.  False: there is
 * nothing.  What cannot be read is lost. */
bool redis_row_read(const redisReply *, struct row *);

/* ---- redis_batch.c ---- */

enum answer redis_after(struct backend *, uint64_t version, struct row *);
void redis_batch_end(struct redis_batch *);

/* ---- redis_sight.c ---- */

#define REDIS_META "starttls:meta"
enum answer redis_look(struct backend *, struct sight *);

/* ---- redis.c ---- */

enum answer redis_ready(struct redis_server *); /* connects, if it is not connected */

/* A connection that was there before may have been closed meanwhile, by a server that was
 * started again or does not like silence: that alone is no trouble. */
bool redis_try_again(const struct redis_server *, bool was_open);

/* "starttls:policies:example.org"; key NULL: "starttls:policies". */
const char *redis_key(enum kind, const char *key, char room[REDIS_KEY]);

#endif

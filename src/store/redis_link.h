/* SPDX-License-Identifier: ISC */
/*
 * Commands to a Redis server and its replies, several at a time.  hiredis writes and reads
 * the protocol (https://redis.io/docs/reference/protocol-spec/); the octets cross
 * redis_pipe.h, as hiredis 0.14 has no TLS and no deadline for a whole call.
 */
#ifndef STORE_REDIS_LINK_H
#define STORE_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "store/redis_pipe.h"

#define REDIS_WORDS 96 /* in a command, at most */

struct redis_command {
	const char *words[REDIS_WORDS];
	size_t lengths[REDIS_WORDS];
	int count;
};

/* A word more. */
void redis_word(struct redis_command *, const char *word);
void redis_octets(struct redis_command *, const void *octets, size_t length);

struct redis_link {
	struct redis_pipe pipe;
	struct redisReader *reader;
	char *out; /* commands that were not sent yet */
	size_t out_count, out_room;
	bool open;
};

/* Logs in and chooses the database, too. */
bool redis_link_open(struct redis_link *, const struct redis_address *, stls_tls_context *);
void redis_link_close(struct redis_link *);

bool redis_link_add(struct redis_link *, struct redis_command *);
bool redis_link_flush(struct redis_link *);

/* The reply to the command that was sent longest ago; freeReplyObject() it.  NULL: the
 * connection is closed, and the reason is set.  An error is a reply. */
redisReply *redis_link_reply(struct redis_link *);

/* One command and its reply; NULL also for a reply that is an error. */
redisReply *redis_link_ask(struct redis_link *, struct redis_command *);

#endif

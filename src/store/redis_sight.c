/* SPDX-License-Identifier: ISC */
/* What there is, all in all: see struct sight. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "store/redis.h"

#define SCHEMA 1

/* KEYS: meta, ARGV: schema, epoch. */
static const char begin_script[] = "redis.call('HSETNX', KEYS[1], 'schema', ARGV[1]) "
                                   "redis.call('HSETNX', KEYS[1], 'epoch', ARGV[2]) "
                                   "redis.call('HSETNX', KEYS[1], 'change', 0) "
                                   "return 1";

static redisReply *ask_sight(struct redis_server *server)
{
	struct redis_command command = {.count = 0};

	redis_word(&command, "HMGET");
	redis_word(&command, REDIS_META);
	redis_word(&command, "schema");
	redis_word(&command, "epoch");
	redis_word(&command, "change");
	return redis_link_ask(&server->link, &command);
}

static bool begin_meta(struct redis_server *server)
{
	struct redis_command command = {.count = 0};
	char schema[16], epoch[32];
	uint64_t random = 0;
	redisReply *reply;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return redis_pipe_failed(&server->link.pipe, "cannot begin", "no randomness");
	snprintf(schema, sizeof(schema), "%d", SCHEMA);
	snprintf(epoch, sizeof(epoch), "%llu", (unsigned long long)(random >> 1) + 1);
	redis_word(&command, "EVAL");
	redis_word(&command, begin_script);
	redis_word(&command, "1");
	redis_word(&command, REDIS_META);
	redis_word(&command, schema);
	redis_word(&command, epoch);
	reply = redis_link_ask(&server->link, &command);
	if (!reply)
		return false;
	freeReplyObject(reply);
	return true;
}

static uint64_t number_of(const redisReply *reply, size_t index)
{
	const redisReply *one = index < reply->elements ? reply->element[index] : NULL;

	return one && one->type == REDIS_REPLY_STRING ? strtoull(one->str, NULL, 10) : 0;
}

static enum answer read_sight(struct redis_server *server, const redisReply *reply,
                              struct sight *sight)
{
	uint64_t schema = number_of(reply, 0);

	sight->epoch = number_of(reply, 1);
	sight->change = number_of(reply, 2);
	sight->session = server->session;
	if (schema == 0 || sight->epoch == 0)
		return ANSWER_NOTHING;
	if (schema <= SCHEMA)
		return ANSWER_OK;
	snprintf(server->base.reason, sizeof(server->base.reason),
	         "what it holds is of version %llu, and this program knows those up to %d: use the "
	         "newer program, or another database",
	         (unsigned long long)schema, SCHEMA);
	return ANSWER_REFUSED;
}

static enum answer look_once(struct redis_server *server, struct sight *sight)
{
	redisReply *reply = ask_sight(server);
	enum answer answer;

	if (!reply)
		return ANSWER_TROUBLE;
	answer = read_sight(server, reply, sight);
	freeReplyObject(reply);
	return answer;
}

enum answer redis_look(struct backend *backend, struct sight *sight)
{
	struct redis_server *server = (struct redis_server *)backend;
	bool was_open = server->link.open;
	enum answer answer = redis_ready(server);

	redis_batch_end(&server->batch);
	if (answer == ANSWER_OK)
		answer = look_once(server, sight);
	if (answer == ANSWER_TROUBLE && redis_try_again(server, was_open))
		return redis_look(backend, sight);
	if (answer != ANSWER_NOTHING)
		return answer;
	/* nothing was ever there */
	answer = begin_meta(server) ? look_once(server, sight) : ANSWER_TROUBLE;
	if (answer != ANSWER_NOTHING)
		return answer;
	redis_pipe_failed(&server->link.pipe, REDIS_META, "it is not what this program writes");
	return ANSWER_TROUBLE;
}

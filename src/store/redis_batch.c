/* SPDX-License-Identifier: ISC */
/* What has changed, many at a time: one question to the server costs as much as many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/pack.h"
#include "store/redis.h"

void redis_batch_end(struct redis_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		freeReplyObject(batch->rows[i]);
	if (batch->keys)
		freeReplyObject(batch->keys);
	memset(batch, 0, sizeof(*batch));
}

static bool ask_keys(struct redis_server *server, enum kind kind, uint64_t version)
{
	struct redis_command command = {.count = 0};
	char index[REDIS_KEY], from[32], most[16];

	snprintf(from, sizeof(from), "(%llu", (unsigned long long)version);
	snprintf(most, sizeof(most), "%d", REDIS_BATCH);
	redis_word(&command, "ZRANGEBYSCORE");
	redis_word(&command, redis_key(kind, NULL, index));
	redis_word(&command, from);
	redis_word(&command, "+inf");
	redis_word(&command, "WITHSCORES");
	redis_word(&command, "LIMIT");
	redis_word(&command, "0");
	redis_word(&command, most);
	server->batch.keys = redis_link_ask(&server->link, &command);
	return server->batch.keys && server->batch.keys->type == REDIS_REPLY_ARRAY;
}

static bool ask_rows(struct redis_server *server)
{
	struct redis_batch *batch = &server->batch;
	size_t count = batch->keys->elements / 2;

	for (size_t i = 0; i < count; i++) {
		struct redis_command command = {.count = 0};
		char room[REDIS_KEY];

		redis_word(&command, "HGETALL");
		redis_word(&command,
		           redis_key(batch->kind, batch->keys->element[2 * i]->str, room));
		if (!redis_link_add(&server->link, &command))
			return false;
	}
	if (count && !redis_link_flush(&server->link))
		return false;
	while (batch->count < count) {
		batch->rows[batch->count] = redis_link_reply(&server->link);
		if (!batch->rows[batch->count])
			return false;
		batch->count++;
	}
	return true;
}

/* The version is the one of the index, even if the row has changed since: the next one is
 * to be the next one of the index. */
static enum answer take_row(struct redis_batch *batch, struct row *row)
{
	const redisReply *key = batch->keys->element[2 * batch->at];
	const redisReply *score = batch->keys->element[2 * batch->at + 1];

	pack_bare(row->kind, key->str, &row->record);
	if (!redis_row_read(batch->rows[batch->at], row))
		row->lost = true;
	row->version = batch->version = strtoull(score->str, NULL, 10);
	batch->at++;
	return ANSWER_OK;
}

enum answer redis_after(struct backend *backend, uint64_t version, struct row *row)
{
	struct redis_server *server = (struct redis_server *)backend;
	struct redis_batch *batch = &server->batch;
	enum answer answer;

	if (batch->kind == row->kind && batch->version == version && batch->at < batch->count)
		return take_row(batch, row);
	redis_batch_end(batch);
	answer = redis_ready(server);
	if (answer != ANSWER_OK)
		return answer;
	batch->kind = row->kind;
	if (!ask_keys(server, row->kind, version) || !ask_rows(server)) {
		redis_batch_end(batch);
		return ANSWER_TROUBLE;
	}
	return batch->count ? take_row(batch, row) : ANSWER_NOTHING;
}

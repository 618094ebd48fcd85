/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/deadline.h"
#include "store/redis.h"
#include "store/redis_tls.h"
#include "store/store.h"

/* KEYS: meta, index, row; ARGV: the version known, the key, "put" or "purge", the fields.
 * The new version; 0: it is of another one.  What is no hash has no version. */
static const char put_script[] =
    "local version = redis.pcall('HGET', KEYS[3], 'version') "
    "if type(version) ~= 'string' then version = nil end "
    "local purge = ARGV[3] == 'purge' "
    "if not (purge and not version) and tonumber(version or '0') ~= tonumber(ARGV[1]) then "
    "return 0 end "
    "local change = purge or redis.call('HINCRBY', KEYS[1], 'change', 1) "
    "redis.call('DEL', KEYS[3]) "
    "if purge then redis.call('ZREM', KEYS[2], ARGV[2]) return 1 end "
    "redis.call('HSET', KEYS[3], 'version', change, unpack(ARGV, 4)) "
    "redis.call('ZADD', KEYS[2], change, ARGV[2]) "
    "return change";

static struct redis_server *server_of(struct backend *backend)
{
	return (struct redis_server *)backend;
}

const char *redis_key(enum kind kind, const char *key, char room[REDIS_KEY])
{
	snprintf(room, REDIS_KEY, "starttls:%s%s%.300s", kind_rules(kind)->name, key ? ":" : "",
	         key ? key : "");
	return room;
}

static void give_back(struct redis_server *server)
{
	if (server->borrowed)
		freeReplyObject(server->borrowed);
	server->borrowed = NULL;
}

/* ---- reading ---- */

static enum answer get(struct backend *backend, struct row *row)
{
	struct redis_server *server = server_of(backend);
	struct redis_command command = {.count = 0};
	bool was_open = server->link.open;
	enum answer answer = redis_ready(server);
	char room[REDIS_KEY];

	give_back(server);
	if (answer != ANSWER_OK)
		return answer;
	redis_word(&command, "HGETALL");
	redis_word(&command, redis_key(row->kind, record_key(&row->record), room));
	server->borrowed = redis_link_ask(&server->link, &command);
	if (!server->borrowed)
		return redis_try_again(server, was_open) ? get(backend, row) : ANSWER_TROUBLE;
	return redis_row_read(server->borrowed, row) ? ANSWER_OK : ANSWER_NOTHING;
}

/* ---- writing ---- */

static bool add_put(struct redis_server *server, const struct row *row)
{
	struct redis_command command = {.count = 0};
	const char *key = record_key(&row->record);
	char index[REDIS_KEY], name[REDIS_KEY], version[32], numbers[REDIS_NUMBERS];

	snprintf(version, sizeof(version), "%llu", (unsigned long long)row->version);
	redis_word(&command, "EVAL");
	redis_word(&command, put_script);
	redis_word(&command, "3");
	redis_word(&command, REDIS_META);
	redis_word(&command, redis_key(row->kind, NULL, index));
	redis_word(&command, redis_key(row->kind, key, name));
	redis_word(&command, version);
	redis_word(&command, key);
	redis_word(&command, row->gone == ROW_PURGE ? "purge" : "put");
	if (row->gone != ROW_PURGE)
		redis_row_words(row, &command, numbers);
	return redis_link_add(&server->link, &command);
}

/* One that only follows another server now: that one is to be found again. */
static bool is_follower(const redisReply *reply)
{
	return strncmp(reply->str, "READONLY", 8) == 0;
}

static enum answer settle(struct redis_server *server, struct row *row, bool *leave)
{
	redisReply *reply = redis_link_reply(&server->link);
	enum answer answer = ANSWER_TROUBLE;

	if (!reply)
		return answer;
	if (reply->type == REDIS_REPLY_INTEGER) {
		row->conflict = reply->integer == 0;
		if (!row->conflict)
			row->version = (uint64_t)reply->integer;
		answer = ANSWER_OK;
	} else if (reply->type == REDIS_REPLY_ERROR) {
		redis_pipe_failed(&server->link.pipe, "the server says", reply->str);
		*leave = *leave || is_follower(reply);
	} else {
		redis_pipe_failed(&server->link.pipe, "the server says", "something else");
	}
	freeReplyObject(reply);
	return answer;
}

static enum answer put_once(struct redis_server *server, struct row *rows, size_t count)
{
	enum answer answer = redis_ready(server);
	bool leave = false;

	if (answer != ANSWER_OK)
		return answer;
	for (size_t i = 0; i < count; i++)
		if (!add_put(server, &rows[i])) {
			redis_link_close(&server->link);
			return ANSWER_TROUBLE;
		}
	if (!redis_link_flush(&server->link))
		return ANSWER_TROUBLE;
	for (size_t i = 0; i < count; i++)
		if (settle(server, &rows[i], &leave) != ANSWER_OK)
			answer = ANSWER_TROUBLE;
	if (leave)
		redis_link_close(&server->link);
	return answer;
}

/* What was written the first time, and not told, is in conflict the second time. */
static enum answer put(struct backend *backend, struct row *rows, size_t count)
{
	struct redis_server *server = server_of(backend);
	bool was_open = server->link.open;
	enum answer answer = put_once(server, rows, count);

	if (answer == ANSWER_TROUBLE && redis_try_again(server, was_open))
		answer = put_once(server, rows, count);
	return answer;
}

/* ---- beginning and end ---- */

bool redis_try_again(const struct redis_server *server, bool was_open)
{
	return was_open && !server->link.open && deadline_left(*server->base.deadline) > 0;
}

enum answer redis_ready(struct redis_server *server)
{
	if (server->link.open)
		return ANSWER_OK;
	redis_batch_end(&server->batch);
	if (!redis_link_open(&server->link, &server->address, server->context))
		return ANSWER_TROUBLE;
	server->session++;
	return ANSWER_OK;
}

static void end_knock(struct redis_server *server)
{
	redis_knock_end(server->knock);
	server->knock = NULL;
}

static enum answer back(struct backend *backend)
{
	struct redis_server *server = server_of(backend);
	enum answer answer;

	if (server->link.open)
		return ANSWER_OK; /* it has answered, and only said no */
	if (!server->knock)
		server->knock = redis_knock_begin(&server->address, server->context);
	if (!server->knock) {
		redis_pipe_failed(&server->link.pipe, "cannot connect", "there is no memory");
		return ANSWER_TROUBLE;
	}
	answer = redis_knock_answer(server->knock, &server->link);
	if (answer == ANSWER_NOTHING)
		return answer;
	end_knock(server);
	redis_batch_end(&server->batch);
	server->session++;
	return answer;
}

static void shut(struct backend *backend)
{
	struct redis_server *server = server_of(backend);

	end_knock(server);
	redis_batch_end(&server->batch);
	give_back(server);
	redis_link_close(&server->link);
	stls_tls_context_free(server->context);
	explicit_bzero(server, sizeof(*server));
	free(server);
}

static const struct backend_calls calls = {
    .look = redis_look, .get = get, .after = redis_after, .put = put, .back = back, .close = shut};

static bool begin(struct redis_server *server, const char *text, struct store_error *error)
{
	const char *wrong = redis_address_parse(&server->address, text);

	if (wrong) {
		snprintf(error->text, sizeof(error->text), "state: redis: %s", wrong);
		return false;
	}
	if (server->address.tls)
		server->context = redis_tls_context(&server->address, error);
	return !server->address.tls || server->context;
}

struct backend *backend_redis(const char *address, const int64_t *deadline,
                              struct store_error *error)
{
	struct redis_server *server = calloc(1, sizeof(*server));

	if (!server) {
		snprintf(error->text, sizeof(error->text), "state: there is no memory");
		return NULL;
	}
	server->base.calls = &calls;
	server->base.deadline = deadline;
	server->link.pipe.fd = server->link.pipe.bell = -1;
	server->link.pipe.deadline = deadline;
	server->link.pipe.reason = server->base.reason;
	server->link.pipe.room = sizeof(server->base.reason);
	if (!begin(server, address, error)) {
		shut(&server->base);
		return NULL;
	}
	redis_address_name(&server->address, server->base.name, sizeof(server->base.name));
	return &server->base;
}

/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/redis_link.h"

#define PIECE 16384

void redis_octets(struct redis_command *command, const void *octets, size_t length)
{
	command->words[command->count] = octets;
	command->lengths[command->count++] = length;
}

void redis_word(struct redis_command *command, const char *word)
{
	redis_octets(command, word, strlen(word));
}

/* ---- sending ---- */

static bool make_room(struct redis_link *link, size_t count)
{
	size_t room = link->out_room ? link->out_room : PIECE;
	char *out;

	while (room < link->out_count + count)
		room *= 2;
	if (room == link->out_room)
		return true;
	out = realloc(link->out, room);
	if (!out)
		return redis_pipe_failed(&link->pipe, "cannot write", "there is no memory");
	link->out = out;
	link->out_room = room;
	return true;
}

bool redis_link_add(struct redis_link *link, struct redis_command *command)
{
	char *text = NULL;
	int count = redisFormatCommandArgv(&text, command->count, command->words, command->lengths);
	bool good = count > 0 && make_room(link, (size_t)count);

	if (good) {
		memcpy(link->out + link->out_count, text, (size_t)count);
		link->out_count += (size_t)count;
	}
	if (count > 0) {
		explicit_bzero(text, (size_t)count);
		redisFreeCommand(text);
	}
	return good;
}

/* Passwords and keys are among it. */
static void forget_out(struct redis_link *link)
{
	if (link->out)
		explicit_bzero(link->out, link->out_count);
	link->out_count = 0;
}

bool redis_link_flush(struct redis_link *link)
{
	bool good = link->open && redis_pipe_send(&link->pipe, link->out, link->out_count);

	forget_out(link);
	if (!good)
		redis_link_close(link);
	return good;
}

/* ---- receiving ---- */

static bool read_more(struct redis_link *link)
{
	char bytes[PIECE];
	size_t count = redis_pipe_receive(&link->pipe, bytes, sizeof(bytes));

	return count && (redisReaderFeed(link->reader, bytes, count) == REDIS_OK ||
	                 redis_pipe_failed(&link->pipe, "cannot read", link->reader->errstr));
}

redisReply *redis_link_reply(struct redis_link *link)
{
	void *reply = NULL;

	while (link->open) {
		if (redisReaderGetReply(link->reader, &reply) != REDIS_OK) {
			redis_pipe_failed(&link->pipe, "cannot read", link->reader->errstr);
			redis_link_close(link);
		} else if (reply) {
			return reply;
		} else if (!read_more(link)) {
			redis_link_close(link);
		}
	}
	return NULL;
}

redisReply *redis_link_ask(struct redis_link *link, struct redis_command *command)
{
	redisReply *reply;

	if (!redis_link_add(link, command) || !redis_link_flush(link))
		return NULL;
	reply = redis_link_reply(link);
	if (!reply || reply->type != REDIS_REPLY_ERROR)
		return reply;
	redis_pipe_failed(&link->pipe, "the server says", reply->str);
	freeReplyObject(reply);
	return NULL;
}

/* ---- beginning and end ---- */

static bool ask_only(struct redis_link *link, struct redis_command *command)
{
	redisReply *reply = redis_link_ask(link, command);

	if (!reply)
		return false;
	freeReplyObject(reply);
	return true;
}

static bool log_in(struct redis_link *link, const struct redis_address *address)
{
	struct redis_command command = {.count = 0};

	if (!address->password[0])
		return true;
	redis_word(&command, "AUTH");
	if (address->user[0])
		redis_word(&command, address->user);
	redis_word(&command, address->password);
	return ask_only(link, &command);
}

static bool choose(struct redis_link *link, const struct redis_address *address)
{
	struct redis_command command = {.count = 0};

	if (!address->database[0])
		return true;
	redis_word(&command, "SELECT");
	redis_word(&command, address->database);
	return ask_only(link, &command);
}

bool redis_link_open(struct redis_link *link, const struct redis_address *address,
                     stls_tls_context *context)
{
	if (!redis_pipe_open(&link->pipe, address, context))
		return false;
	link->open = true;
	link->reader = redisReaderCreate();
	if (link->reader && log_in(link, address) && choose(link, address))
		return true;
	redis_link_close(link);
	return false;
}

void redis_link_close(struct redis_link *link)
{
	if (link->open)
		redis_pipe_close(&link->pipe);
	link->open = false;
	if (link->reader)
		redisReaderFree(link->reader);
	link->reader = NULL;
	forget_out(link);
	free(link->out);
	link->out = NULL;
	link->out_room = 0;
}

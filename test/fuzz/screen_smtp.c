/* SPDX-License-Identifier: ISC */
/*
 * The screen of SMTP and LMTP between a client that says anything and a service
 * that is honest: whatever the client says, the service never gets to hear, where
 * it expects a command, what only a gateway may say; and nobody waits for ever.
 *
 * The service forgives as real ones do: white space before a verb, lines and ends
 * of messages with bare LF.  The first octets choose circumstances and answers;
 * behind them is what the client says; 0xfe lets the service speak.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "screen_pipe.h"

#define LINE 16384

enum state { COMMAND, MESSAGE, CHUNK, RESPONSE };

struct service {
	enum state state;
	int tls, lmtp, forgiving;
	unsigned luck;
	char line[LINE];
	size_t length;
	size_t chunk;
	int last, mail, answers;
	unsigned recipients;
	size_t heard; /* of what was sent to it */
	char replies[PIPE_ROOM];
	size_t said; /* ... by it, and not on its way yet */
};

static unsigned toss(struct service *service)
{
	service->luck = service->luck * 1103515245 + 12345;
	return service->luck >> 16 & 0xff;
}

static void reply(struct service *service, unsigned code)
{
	int n;

	require(service->said + 64 < PIPE_ROOM);
	n = toss(service) < 40
	        ? snprintf(service->replies + service->said, 64, "%u-one\r\n%u two\r\n", code, code)
	        : snprintf(service->replies + service->said, 64, "%u one\r\n", code);
	service->said += (size_t)n;
}

static void list(struct service *service)
{
	static const char text[] = "250-b\r\n250-XCLIENT ADDR\r\n250-CHUNKING\r\n250 STARTTLS\r\n";

	require(service->said + sizeof(text) < PIPE_ROOM);
	memcpy(service->replies + service->said, text, sizeof(text) - 1);
	service->said += sizeof(text) - 1;
}

static void end_message(struct service *service)
{
	unsigned count = service->lmtp ? service->recipients : 1;

	while (count-- > 0)
		reply(service, toss(service) < 200 ? 250 : 452);
	service->recipients = 0;
	service->mail = 0;
	service->state = COMMAND;
}

static void end_chunk(struct service *service)
{
	service->state = COMMAND;
	if (service->last && service->recipients > 0)
		end_message(service);
	else
		reply(service, service->mail ? 250 : 503);
}

static int is_verb(const char *line, const char *verb)
{
	size_t length = strlen(verb);

	return strncasecmp(line, verb, length) == 0 && strchr(" \t\v\f", line[length]) != NULL;
}

static void transaction(struct service *service, const char *line)
{
	int good = toss(service) < 200;

	if (is_verb(line, "MAIL")) {
		good = good && !service->mail;
		if (good)
			service->mail = 1;
		reply(service, good ? 250 : 503);
	} else if (is_verb(line, "RCPT")) {
		good = good && service->mail;
		service->recipients += good != 0;
		reply(service, good ? 250 : 550);
	} else {
		good = good && service->recipients > 0;
		if (good)
			service->state = MESSAGE;
		reply(service, good ? 354 : 503);
	}
}

static void begin_chunk(struct service *service, const char *line)
{
	char last[8] = "";
	unsigned octets = 0;
	int found = sscanf(line + 4, "%u %7s", &octets, last);

	service->chunk = octets;
	service->last = strcasecmp(last, "LAST") == 0;
	service->state = CHUNK;
	if (found < 1 || octets == 0)
		end_chunk(service);
}

static void authenticate(struct service *service)
{
	unsigned luck = toss(service);

	service->state = luck < 128 ? RESPONSE : COMMAND;
	reply(service, luck < 128 ? 334 : luck < 160 ? 235 : 535);
}

/* The law. */
static void check(const struct service *service, const char *line)
{
	require(!is_verb(line, "XCLIENT") && !is_verb(line, "XFORWARD"));
	require(!is_verb(line, "STARTTLS"));
	require(service->tls || !is_verb(line, "AUTH"));
}

static void command(struct service *service, const char *line)
{
	line += service->forgiving ? strspn(line, " \t\v\f\"") : 0;
	check(service, line);
	if (is_verb(line, "EHLO") || is_verb(line, "LHLO") || is_verb(line, "RSET")) {
		int good = toss(service) < 220;

		service->mail = good ? 0 : service->mail;
		service->recipients = good ? 0 : service->recipients;
		if (good && !is_verb(line, "RSET"))
			list(service);
		else
			reply(service, good ? 250 : 501);
	} else if (is_verb(line, "MAIL") || is_verb(line, "RCPT") || is_verb(line, "DATA")) {
		transaction(service, line);
	} else if (is_verb(line, "BDAT")) {
		begin_chunk(service, line);
	} else if (is_verb(line, "AUTH")) {
		authenticate(service);
	} else {
		reply(service, toss(service) < 128 ? 250 : 500);
	}
}

static void hear_line(struct service *service)
{
	service->line[service->length] = '\0';
	service->length = 0;
	switch (service->state) {
	case COMMAND: command(service, service->line); break;
	case RESPONSE: authenticate(service); break;
	case MESSAGE:
		if (strcmp(service->line, ".") == 0)
			end_message(service);
		break;
	case CHUNK: break;
	}
}

static void hear_octet(struct service *service, char octet)
{
	int ends;

	if (service->state == CHUNK) {
		if (--service->chunk == 0)
			end_chunk(service);
		return;
	}
	ends = octet == '\n' && service->length > 0 && service->line[service->length - 1] == '\r';
	if (ends)
		service->length--;
	if (ends || (service->forgiving && octet == '\n')) {
		hear_line(service);
		return;
	}
	if (service->length < LINE - 1)
		service->line[service->length++] = octet;
}

static void hear(struct service *service, const struct pipe *pipe)
{
	while (service->heard < pipe->length[SCREEN_SERVICE])
		hear_octet(service, pipe->sent[SCREEN_SERVICE][service->heard++]);
}

/* The service says what it has to say, in one go or octet by octet. */
static void answer(struct service *service, struct pipe *pipe)
{
	while (service->said > 0 && !pipe->closed) {
		size_t count = service->luck & 1 ? 1 : service->said;

		pipe_say(pipe, SCREEN_SERVICE, service->replies, count);
		service->said -= count;
		memmove(service->replies, service->replies + count, service->said);
		hear(service, pipe);
	}
}

/* Nothing is on its way any more: then no line can be waiting. */
static void check_progress(const struct pipe *pipe)
{
	if (pipe->closed)
		return;
	require(memchr(pipe->view[SCREEN_CLIENT], '\n', pipe->viewed[SCREEN_CLIENT]) == NULL);
	require(pipe->viewed[SCREEN_SERVICE] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pipe pipe;
	static struct service service;
	struct screen_spec spec;

	if (size < 2 || size > 4096)
		return 0;
	memset(&service, 0, sizeof(service));
	service.lmtp = data[0] & 1;
	service.tls = data[0] >> 1 & 1;
	service.forgiving = data[0] >> 2 & 1;
	service.luck = data[1];
	spec = (struct screen_spec){.protocol = service.lmtp ? STLS_LMTP : STLS_SMTP,
	                            .tls = service.tls,
	                            .greets = data[0] >> 3 & 1,
	                            .chunks = data[0] >> 4 & 1};
	pipe_open(&pipe, &spec);
	if (spec.greets)
		reply(&service, 220);
	for (size_t i = 2; i < size && !pipe.closed; i++) {
		if (data[i] != 0xfe)
			pipe_say(&pipe, SCREEN_CLIENT, data + i, 1);
		hear(&service, &pipe);
		if (data[i] == 0xfe)
			answer(&service, &pipe);
	}
	answer(&service, &pipe);
	check_progress(&pipe);
	pipe_close(&pipe);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * The screens of IMAP, POP3 and ManageSieve between a client that says anything
 * and a service that is honest: up to the login the service never gets to hear,
 * where it expects a command, what only a gateway may say or what must not be
 * said here; and nobody waits for ever.
 *
 * What the service does with literals that it has no use for is chosen each time:
 * it reads them, or it takes their octets for commands as some real ones do.  The
 * first octets choose circumstances and answers; behind them is what the client
 * says; 0xfe lets the service speak.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "screen_pipe.h"

#define LINE 16384

enum state { COMMAND, LITERAL, REST, RESPONSE, IN };

struct service {
	enum stls_protocol protocol;
	enum state state;
	int tls, forgiving, user;
	int authenticates; /* REST: of an exchange */
	unsigned luck;
	char line[LINE];
	size_t length, literal;
	char tag[LINE];
	size_t heard; /* of what was sent to it */
	char replies[PIPE_ROOM];
	size_t said; /* ... by it, and not on its way yet */
};

static int toss(struct service *service, unsigned chance)
{
	service->luck = service->luck * 1103515245 + 12345;
	return (service->luck >> 16 & 0xff) < chance;
}

static void reply(struct service *service, const char *text)
{
	size_t length = strlen(text);

	require(service->said + length < PIPE_ROOM);
	memcpy(service->replies + service->said, text, length);
	service->said += length;
}

/* The end of a command, in the words of the protocol. */
static void conclude(struct service *service, int good)
{
	switch (service->protocol) {
	case STLS_IMAP:
		reply(service, *service->tag ? service->tag : "*");
		reply(service, good ? " OK [CAPABILITY STARTTLS] x {5}\r\n" : " BAD x\r\n");
		break;
	case STLS_POP3: reply(service, good ? "+OK x\r\n" : "-ERR x\r\n"); break;
	default: reply(service, good ? "OK {2}\r\nNO \"x\"\r\n" : "NO \"x\"\r\n"); break;
	}
	service->state = COMMAND;
}

static void challenge(struct service *service)
{
	static const char *const words[] = {
	    [STLS_IMAP] = "+ \r\n", [STLS_POP3] = "+ \r\n", [STLS_SIEVE] = "{4}\r\nAA==\r\n"};

	reply(service, words[service->protocol]);
	service->state = RESPONSE;
}

static void log_in(struct service *service)
{
	int good = toss(service, 100);

	conclude(service, good);
	if (good)
		service->state = IN;
}

static void authenticate(struct service *service)
{
	if (toss(service, 150))
		challenge(service);
	else
		log_in(service);
}

static int is_verb(const char *line, const char *verb)
{
	size_t length = strlen(verb);

	return strncasecmp(line, verb, length) == 0 && strchr(" \t", line[length]) != NULL;
}

/* The "{n}" or "{n+}" at the end. */
static int literal(const char *line, size_t *octets, int *waits)
{
	const char *open = strrchr(line, '{');
	char *end;

	if (open == NULL || open[1] < '0' || open[1] > '9')
		return 0;
	*octets = strtoul(open + 1, &end, 10);
	*waits = *end != '+';
	return strcmp(end, *waits ? "}" : "+}") == 0;
}

static int is_quoted_well(const char *line)
{
	int inside = 0;

	for (; *line != '\0'; line++)
		if (*line == '"')
			inside = !inside;
		else if (inside && *line == '\\' && line[1] != '\0')
			line++;
	return !inside;
}

/* ---- IMAP ---- */

/* IMID-02: no field begins with "x-", whatever it is written like. */
static void check_id(const char *list)
{
	int field = 1;

	list += strcspn(list, "(");
	while (*list != '\0') {
		char word[LINE];
		size_t length = 0;
		int quoted;

		list += strspn(list, " \t()");
		quoted = *list == '"';
		for (list += quoted;
		     *list != '\0' && strchr(quoted ? "\"" : " ()", *list) == NULL;) {
			list += quoted && *list == '\\' && list[1] != '\0';
			word[length++] = *list++;
		}
		word[length] = '\0';
		list += quoted && *list != '\0';
		require(!field || strncasecmp(word, "x-", 2) != 0);
		field = !field;
	}
}

static void imap_check(const struct service *service, const char *verb, const char *line)
{
	size_t octets;
	int waits;

	require(!is_verb(verb, "STARTTLS"));
	require(service->tls || (!is_verb(verb, "LOGIN") && !is_verb(verb, "AUTHENTICATE")));
	if (is_verb(verb, "ID")) {
		require(!literal(line, &octets, &waits));
		check_id(verb);
	}
}

static void imap_finish(struct service *service, const char *verb)
{
	if (is_verb(verb, "AUTHENTICATE"))
		authenticate(service);
	else if (is_verb(verb, "LOGIN"))
		log_in(service);
	else
		conclude(service, toss(service, 128));
}

/* A command, or the rest of one, whose verb is remembered. */
static void imap_hear(struct service *service, const char *line)
{
	static char verb[LINE];
	size_t octets, tag;
	int waits;

	if (service->state == COMMAND) {
		line += strspn(line, " \t");
		tag = strcspn(line, " \t");
		memcpy(service->tag, line, tag);
		service->tag[tag] = '\0';
		strcpy(verb, line + tag + strspn(line + tag, " \t"));
		imap_check(service, verb, line);
	}
	service->state = COMMAND;
	if (!literal(line, &octets, &waits)) {
		imap_finish(service, verb);
	} else if (!is_quoted_well(line) || octets > 200 || (!waits && toss(service, 128))) {
		conclude(service, 0); /* and does not care what follows */
	} else {
		if (waits)
			reply(service, "+ go\r\n");
		service->literal = octets;
		service->state = octets > 0 ? LITERAL : REST;
	}
}

/* ---- POP3 ---- */

static void pop3_hear(struct service *service, const char *line)
{
	line += service->forgiving ? strspn(line, " \t\"") : 0;
	require(!is_verb(line, "XCLIENT") && !is_verb(line, "STLS"));
	require(service->tls || (!is_verb(line, "USER") && !is_verb(line, "PASS") &&
	                         !is_verb(line, "APOP") && !is_verb(line, "AUTH")));
	if (is_verb(line, "CAPA") && toss(service, 200)) {
		reply(service, "+OK\r\nSTLS\r\nSASL A-PLUS B\r\nXCLIENT\r\n.\r\n");
	} else if (is_verb(line, "AUTH") && line[4] != '\0') {
		authenticate(service);
	} else if (is_verb(line, "PASS") || is_verb(line, "APOP")) {
		if (service->user || line[0] == 'A')
			log_in(service);
		else
			conclude(service, 0);
	} else {
		service->user = is_verb(line, "USER");
		conclude(service, service->user && toss(service, 200));
	}
}

/* ---- ManageSieve ---- */

/* AUTHENTICATE "mechanism", and then perhaps a string. */
static int is_authenticate(const char *line)
{
	return is_verb(line, "AUTHENTICATE") && line[13] == '"' && strchr(line + 14, '"') != NULL &&
	       is_quoted_well(line);
}

static void sieve_hear(struct service *service, const char *line)
{
	size_t octets;
	int waits, is_literal = literal(line, &octets, &waits);

	service->authenticates = is_authenticate(line);
	require(!is_verb(line, "XCLIENT") && !is_verb(line, "STARTTLS"));
	require(service->tls || !is_verb(line, "AUTHENTICATE"));
	if (is_literal && (service->authenticates || toss(service, 128))) {
		service->literal = octets;
		service->state = octets > 0 ? LITERAL : REST;
	} else if (service->authenticates) {
		authenticate(service);
	} else {
		conclude(service, !is_verb(line, "AUTHENTICATE") && toss(service, 128));
	}
}

static void sieve_response(struct service *service, const char *line)
{
	size_t octets;
	int waits;

	if (literal(line, &octets, &waits)) {
		service->authenticates = 1;
		service->literal = octets;
		service->state = octets > 0 ? LITERAL : REST;
	} else {
		authenticate(service);
	}
}

/* ---- all of them ---- */

static void rest(struct service *service)
{
	if (service->protocol == STLS_IMAP)
		imap_hear(service, service->line);
	else if (service->authenticates)
		authenticate(service);
	else
		conclude(service, 0);
}

static void hear_line(struct service *service)
{
	service->line[service->length] = '\0';
	service->length = 0;
	if (service->state == REST)
		rest(service);
	else if (service->state == RESPONSE && service->protocol == STLS_SIEVE)
		sieve_response(service, service->line);
	else if (service->state == RESPONSE)
		authenticate(service);
	else if (service->protocol == STLS_IMAP)
		imap_hear(service, service->line);
	else if (service->protocol == STLS_POP3)
		pop3_hear(service, service->line);
	else
		sieve_hear(service, service->line);
}

static void hear_octet(struct service *service, char octet)
{
	int ends =
	    octet == '\n' && service->length > 0 && service->line[service->length - 1] == '\r';

	if (service->state == LITERAL) {
		if (--service->literal == 0)
			service->state = REST;
		return;
	}
	service->length -= ends != 0;
	if (ends || (service->forgiving && octet == '\n'))
		hear_line(service);
	else if (service->length < LINE - 1)
		service->line[service->length++] = octet;
}

static void hear(struct service *service, const struct pipe *pipe)
{
	while (service->state != IN && service->heard < pipe->length[SCREEN_SERVICE])
		hear_octet(service, pipe->sent[SCREEN_SERVICE][service->heard++]);
}

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

/* Nothing is on its way any more: then no line can be waiting, and a service that
 * has somebody logged in has nothing to hide. */
static void check_progress(const struct service *service, const struct pipe *pipe)
{
	if (pipe->closed)
		return;
	require(memchr(pipe->view[SCREEN_CLIENT], '\n', pipe->viewed[SCREEN_CLIENT]) == NULL);
	require(pipe->viewed[SCREEN_SERVICE] == 0);
	require((service->state == IN) == screen_over(pipe->screen));
}

static void greet(struct service *service)
{
	static const char *const words[] = {[STLS_IMAP] = "* OK [CAPABILITY STARTTLS] hi\r\n",
	                                    [STLS_POP3] = "+OK hi\r\n",
	                                    [STLS_SIEVE] =
	                                        "\"SASL\" \"A-PLUS B\"\r\n\"STARTTLS\"\r\nOK\r\n"};

	reply(service, words[service->protocol]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stls_protocol protocols[] = {STLS_IMAP, STLS_POP3, STLS_SIEVE, STLS_IMAP};
	static struct pipe pipe;
	static struct service service;
	struct screen_spec spec;

	if (size < 2 || size > 4096)
		return 0;
	memset(&service, 0, sizeof(service));
	service.protocol = protocols[data[0] & 3];
	service.tls = data[0] >> 2 & 1;
	service.forgiving = data[0] >> 3 & 1;
	service.luck = data[1];
	spec = (struct screen_spec){
	    .protocol = service.protocol, .tls = service.tls, .greets = data[0] >> 4 & 1};
	pipe_open(&pipe, &spec);
	if (spec.greets)
		greet(&service);
	for (size_t i = 2; i < size && !pipe.closed; i++) {
		if (data[i] != 0xfe)
			pipe_say(&pipe, SCREEN_CLIENT, data + i, 1);
		hear(&service, &pipe);
		if (data[i] == 0xfe)
			answer(&service, &pipe);
	}
	answer(&service, &pipe);
	check_progress(&service, &pipe);
	pipe_close(&pipe);
	return 0;
}

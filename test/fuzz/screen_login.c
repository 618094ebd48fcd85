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
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "screen_service.h"

enum state { COMMAND, LITERAL, REST, RESPONSE };

struct peer {
	struct service service; /* deaf once somebody is logged in */
	enum stls_protocol protocol;
	enum state state;
	int tls, user;
	int authenticates; /* REST: of an exchange */
	size_t literal;
	char tag[SERVICE_LINE];
};

static int toss(struct peer *peer, unsigned chance)
{
	return service_toss(&peer->service) < chance;
}

static void reply(struct peer *peer, const char *text)
{
	service_reply(&peer->service, text);
}

/* The end of a command, in the words of the protocol. */
static void conclude(struct peer *peer, int good)
{
	switch (peer->protocol) {
	case STLS_IMAP:
		reply(peer, *peer->tag ? peer->tag : "*");
		reply(peer, good ? " OK [CAPABILITY STARTTLS] x {5}\r\n" : " BAD x\r\n");
		break;
	case STLS_POP3: reply(peer, good ? "+OK x\r\n" : "-ERR x\r\n"); break;
	default: reply(peer, good ? "OK {2}\r\nNO \"x\"\r\n" : "NO \"x\"\r\n"); break;
	}
	peer->state = COMMAND;
}

static void challenge(struct peer *peer)
{
	static const char *const words[] = {
	    [STLS_IMAP] = "+ \r\n", [STLS_POP3] = "+ \r\n", [STLS_SIEVE] = "{4}\r\nAA==\r\n"};

	reply(peer, words[peer->protocol]);
	peer->state = RESPONSE;
}

static void log_in(struct peer *peer)
{
	int good = toss(peer, 100);

	conclude(peer, good);
	peer->service.deaf = good;
}

static void authenticate(struct peer *peer)
{
	if (toss(peer, 150))
		challenge(peer);
	else
		log_in(peer);
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
		char word[SERVICE_LINE];
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

static void imap_check(const struct peer *peer, const char *verb, const char *line)
{
	size_t octets;
	int waits;

	require(!service_is_verb(verb, "STARTTLS"));
	require(peer->tls ||
	        (!service_is_verb(verb, "LOGIN") && !service_is_verb(verb, "AUTHENTICATE")));
	if (service_is_verb(verb, "ID")) {
		require(!literal(line, &octets, &waits));
		check_id(verb);
	}
}

static void imap_finish(struct peer *peer, const char *verb)
{
	if (service_is_verb(verb, "AUTHENTICATE"))
		authenticate(peer);
	else if (service_is_verb(verb, "LOGIN"))
		log_in(peer);
	else
		conclude(peer, toss(peer, 128));
}

/* A command, or the rest of one, whose verb is remembered. */
static void imap_hear(struct peer *peer, const char *line)
{
	static char verb[SERVICE_LINE];
	size_t octets, tag;
	int waits;

	if (peer->state == COMMAND) {
		line += strspn(line, " \t");
		tag = strcspn(line, " \t");
		memcpy(peer->tag, line, tag);
		peer->tag[tag] = '\0';
		strcpy(verb, line + tag + strspn(line + tag, " \t"));
		imap_check(peer, verb, line);
	}
	peer->state = COMMAND;
	if (!literal(line, &octets, &waits)) {
		imap_finish(peer, verb);
	} else if (!is_quoted_well(line) || octets > 200 || (!waits && toss(peer, 128))) {
		conclude(peer, 0); /* and does not care what follows */
	} else {
		if (waits)
			reply(peer, "+ go\r\n");
		peer->literal = octets;
		peer->state = octets > 0 ? LITERAL : REST;
	}
}

/* ---- POP3 ---- */

static void pop3_hear(struct peer *peer, const char *line)
{
	line += peer->service.forgiving ? strspn(line, " \t\"") : 0;
	require(!service_is_verb(line, "XCLIENT") && !service_is_verb(line, "STLS"));
	require(peer->tls || (!service_is_verb(line, "USER") && !service_is_verb(line, "PASS") &&
	                      !service_is_verb(line, "APOP") && !service_is_verb(line, "AUTH")));
	if (service_is_verb(line, "CAPA") && toss(peer, 200)) {
		reply(peer, "+OK\r\nSTLS\r\nSASL A-PLUS B\r\nXCLIENT\r\n.\r\n");
	} else if (service_is_verb(line, "AUTH") && line[4] != '\0') {
		authenticate(peer);
	} else if (service_is_verb(line, "PASS") || service_is_verb(line, "APOP")) {
		if (peer->user || line[0] == 'A')
			log_in(peer);
		else
			conclude(peer, 0);
	} else {
		peer->user = service_is_verb(line, "USER");
		conclude(peer, peer->user && toss(peer, 200));
	}
}

/* ---- ManageSieve ---- */

/* AUTHENTICATE "mechanism", and then perhaps a string. */
static int is_authenticate(const char *line)
{
	return service_is_verb(line, "AUTHENTICATE") && line[13] == '"' &&
	       strchr(line + 14, '"') != NULL && is_quoted_well(line);
}

static void sieve_hear(struct peer *peer, const char *line)
{
	size_t octets;
	int waits, is_literal = literal(line, &octets, &waits);

	peer->authenticates = is_authenticate(line);
	require(!service_is_verb(line, "XCLIENT") && !service_is_verb(line, "STARTTLS"));
	require(peer->tls || !service_is_verb(line, "AUTHENTICATE"));
	if (is_literal && (peer->authenticates || toss(peer, 128))) {
		peer->literal = octets;
		peer->state = octets > 0 ? LITERAL : REST;
	} else if (peer->authenticates) {
		authenticate(peer);
	} else {
		conclude(peer, !service_is_verb(line, "AUTHENTICATE") && toss(peer, 128));
	}
}

static void sieve_response(struct peer *peer, const char *line)
{
	size_t octets;
	int waits;

	if (literal(line, &octets, &waits)) {
		peer->authenticates = 1;
		peer->literal = octets;
		peer->state = octets > 0 ? LITERAL : REST;
	} else {
		authenticate(peer);
	}
}

/* ---- all of them ---- */

static void rest(struct peer *peer, const char *line)
{
	if (peer->protocol == STLS_IMAP)
		imap_hear(peer, line);
	else if (peer->authenticates)
		authenticate(peer);
	else
		conclude(peer, 0);
}

static void hear_line(struct peer *peer, const char *line)
{
	if (peer->state == REST)
		rest(peer, line);
	else if (peer->state == RESPONSE && peer->protocol == STLS_SIEVE)
		sieve_response(peer, line);
	else if (peer->state == RESPONSE)
		authenticate(peer);
	else if (peer->protocol == STLS_IMAP)
		imap_hear(peer, line);
	else if (peer->protocol == STLS_POP3)
		pop3_hear(peer, line);
	else
		sieve_hear(peer, line);
}

static void hear(struct service *service, char octet)
{
	struct peer *peer = (struct peer *)service;

	if (peer->state == LITERAL)
		peer->state = --peer->literal == 0 ? REST : LITERAL;
	else if (service_hears_line(service, octet))
		hear_line(peer, service->line);
}

static void greet(struct peer *peer)
{
	static const char *const words[] = {[STLS_IMAP] = "* OK [CAPABILITY STARTTLS] hi\r\n",
	                                    [STLS_POP3] = "+OK hi\r\n",
	                                    [STLS_SIEVE] =
	                                        "\"SASL\" \"A-PLUS B\"\r\n\"STARTTLS\"\r\nOK\r\n"};

	reply(peer, words[peer->protocol]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stls_protocol protocols[] = {STLS_IMAP, STLS_POP3, STLS_SIEVE, STLS_IMAP};
	static struct pipe pipe;
	static struct peer peer;
	struct screen_spec spec;

	if (size < 2 || size > 4096)
		return 0;
	memset(&peer, 0, sizeof(peer));
	peer.service.hear = hear;
	peer.service.forgiving = data[0] >> 3 & 1;
	peer.service.luck = data[1];
	peer.protocol = protocols[data[0] & 3];
	peer.tls = data[0] >> 2 & 1;
	spec = (struct screen_spec){
	    .protocol = peer.protocol, .tls = peer.tls, .greets = data[0] >> 4 & 1};
	pipe_open(&pipe, &spec);
	if (spec.greets)
		greet(&peer);
	service_talk(&peer.service, &pipe, data + 2, size - 2);
	/* A service that has somebody logged in has nothing to hide. */
	require(pipe.closed || peer.service.deaf == screen_over(pipe.screen));
	pipe_close(&pipe);
	return 0;
}

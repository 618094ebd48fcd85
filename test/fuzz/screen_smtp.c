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

#include "screen_service.h"

enum state { COMMAND, MESSAGE, CHUNK, RESPONSE };

struct peer {
	struct service service;
	enum state state;
	int tls, lmtp;
	size_t chunk;
	int last, mail;
	unsigned recipients;
};

static unsigned toss(struct peer *peer)
{
	return service_toss(&peer->service);
}

static void reply(struct peer *peer, unsigned code)
{
	char text[64];

	if (toss(peer) < 40)
		snprintf(text, sizeof(text), "%u-one\r\n%u two\r\n", code, code);
	else
		snprintf(text, sizeof(text), "%u one\r\n", code);
	service_reply(&peer->service, text);
}

static void list(struct peer *peer)
{
	service_reply(&peer->service,
	              "250-b\r\n250-XCLIENT ADDR\r\n250-CHUNKING\r\n250 STARTTLS\r\n");
}

static void end_message(struct peer *peer)
{
	unsigned count = peer->lmtp ? peer->recipients : 1;

	while (count-- > 0)
		reply(peer, toss(peer) < 200 ? 250 : 452);
	peer->recipients = 0;
	peer->mail = 0;
	peer->state = COMMAND;
}

static void end_chunk(struct peer *peer)
{
	peer->state = COMMAND;
	if (peer->last && peer->recipients > 0)
		end_message(peer);
	else
		reply(peer, peer->mail ? 250 : 503);
}

static void transaction(struct peer *peer, const char *line)
{
	int good = toss(peer) < 200;

	if (service_is_verb(line, "MAIL")) {
		good = good && !peer->mail;
		if (good)
			peer->mail = 1;
		reply(peer, good ? 250 : 503);
	} else if (service_is_verb(line, "RCPT")) {
		good = good && peer->mail;
		peer->recipients += good != 0;
		reply(peer, good ? 250 : 550);
	} else {
		good = good && peer->recipients > 0;
		if (good)
			peer->state = MESSAGE;
		reply(peer, good ? 354 : 503);
	}
}

static void begin_chunk(struct peer *peer, const char *line)
{
	char last[8] = "";
	unsigned octets = 0;
	int found = sscanf(line + 4, "%u %7s", &octets, last);

	peer->chunk = octets;
	peer->last = strcasecmp(last, "LAST") == 0;
	peer->state = CHUNK;
	if (found < 1 || octets == 0)
		end_chunk(peer);
}

static void authenticate(struct peer *peer)
{
	unsigned luck = toss(peer);

	peer->state = luck < 128 ? RESPONSE : COMMAND;
	reply(peer, luck < 128 ? 334 : luck < 160 ? 235 : 535);
}

/* The law. */
static void check(const struct peer *peer, const char *line)
{
	require(!service_is_verb(line, "XCLIENT") && !service_is_verb(line, "XFORWARD"));
	require(!service_is_verb(line, "STARTTLS"));
	require(peer->tls || !service_is_verb(line, "AUTH"));
}

static void command(struct peer *peer, const char *line)
{
	line += peer->service.forgiving ? strspn(line, " \t\v\f\"") : 0;
	check(peer, line);
	if (service_is_verb(line, "EHLO") || service_is_verb(line, "LHLO") ||
	    service_is_verb(line, "RSET")) {
		int good = toss(peer) < 220;

		peer->mail = good ? 0 : peer->mail;
		peer->recipients = good ? 0 : peer->recipients;
		if (good && !service_is_verb(line, "RSET"))
			list(peer);
		else
			reply(peer, good ? 250 : 501);
	} else if (service_is_verb(line, "MAIL") || service_is_verb(line, "RCPT") ||
	           service_is_verb(line, "DATA")) {
		transaction(peer, line);
	} else if (service_is_verb(line, "BDAT")) {
		begin_chunk(peer, line);
	} else if (service_is_verb(line, "AUTH")) {
		authenticate(peer);
	} else {
		reply(peer, toss(peer) < 128 ? 250 : 500);
	}
}

static void hear_line(struct peer *peer, const char *line)
{
	switch (peer->state) {
	case COMMAND: command(peer, line); break;
	case RESPONSE: authenticate(peer); break;
	case MESSAGE:
		if (strcmp(line, ".") == 0)
			end_message(peer);
		break;
	case CHUNK: break;
	}
}

static void hear(struct service *service, char octet)
{
	struct peer *peer = (struct peer *)service;

	if (peer->state == CHUNK) {
		if (--peer->chunk == 0)
			end_chunk(peer);
	} else if (service_hears_line(service, octet)) {
		hear_line(peer, service->line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pipe pipe;
	static struct peer peer;
	struct screen_spec spec;

	if (size < 2 || size > 4096)
		return 0;
	memset(&peer, 0, sizeof(peer));
	peer.service.hear = hear;
	peer.service.forgiving = data[0] >> 2 & 1;
	peer.service.luck = data[1];
	peer.lmtp = data[0] & 1;
	peer.tls = data[0] >> 1 & 1;
	spec = (struct screen_spec){.protocol = peer.lmtp ? STLS_LMTP : STLS_SMTP,
	                            .tls = peer.tls,
	                            .greets = data[0] >> 3 & 1,
	                            .chunks = data[0] >> 4 & 1};
	pipe_open(&pipe, &spec);
	if (spec.greets)
		reply(&peer, 220);
	service_talk(&peer.service, &pipe, data + 2, size - 2);
	pipe_close(&pipe);
	return 0;
}

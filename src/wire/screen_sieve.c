/* SPDX-License-Identifier: ISC */
/*
 * ManageSieve through a gateway, until the login.  The service's greeting is the
 * list that RFC 5804 section 2.2 wants after TLS, so it passes through here too.
 * Before the login one command crosses at a time.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"

#define LINE 2048

struct sieve {
	bool greeted;      /* the service's greeting is over */
	bool waiting;      /* for the reply to a command */
	bool login;        /* ... to AUTHENTICATE */
	bool turn;         /* AUTHENTICATE: the client responds */
	bool going_on;     /* client: the line goes on behind a literal */
	bool tail;         /* service: the same */
	bool ending;       /* service: ... and it is the end of the reply */
	size_t literal[2]; /* octets still to come, by side */
};

static const char *refusal(const struct screen *screen, const char *line)
{
	const char *rest;

	if (word_begins(line, "STARTTLS", &rest))
		return screen->tls ? "NO \"TLS already active\"\r\n"
		                   : "NO \"STARTTLS is not possible any more\"\r\n";
	if (word_begins(line, "XCLIENT", &rest))
		return "NO \"Unknown command\"\r\n";
	return NULL;
}

/* A line from the client is passed; what is next? */
static struct screen_step pass_command(struct sieve *sieve, const char *bytes, size_t length)
{
	size_t octets;
	bool waits;

	sieve->going_on = screen_literal(bytes, length, &octets, &waits);
	if (sieve->going_on)
		sieve->literal[SCREEN_CLIENT] = octets;
	sieve->waiting = !sieve->going_on;
	sieve->turn = sieve->turn && sieve->going_on;
	return screen_pass(length);
}

static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct sieve *sieve = screen->own;
	struct screen_text line;
	const char *refused, *rest;

	if (sieve->going_on || sieve->turn)
		return pass_command(sieve, bytes, length);
	screen_copy(&line, bytes, length);
	refused = refusal(screen, line.text);
	if (refused != NULL)
		return screen_answer(length, refused);
	sieve->login = word_begins(line.text, "AUTHENTICATE", &rest);
	/* SIEVE-S-05; with a literal behind it, it cannot be answered and survived */
	if (sieve->login && !screen->tls)
		return screen_shut(STLS_FAULT_PLAINTEXT_REFUSED,
		                   "NO (ENCRYPT-NEEDED) \"Use STARTTLS first\"\r\n");
	return pass_command(sieve, bytes, length);
}

static struct screen_step pass_literal(struct sieve *sieve, enum screen_side side, size_t count)
{
	size_t take = count < sieve->literal[side] ? count : sieve->literal[side];

	sieve->literal[side] -= take;
	return screen_pass(take);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct sieve *sieve = screen->own;
	size_t length = 0;

	if (sieve->literal[SCREEN_CLIENT] > 0)
		return pass_literal(sieve, SCREEN_CLIENT, count);
	if (!sieve->greeted || (sieve->waiting && !sieve->turn))
		return screen_hold();
	switch (screen_client_line(bytes, count, &length)) {
	case LINE_WHOLE: return command(screen, bytes, length);
	case LINE_LONG: return screen_shut(STLS_FAULT_TOO_LONG, "BYE \"Line too long\"\r\n");
	case LINE_BARE:
		return screen_shut(STLS_FAULT_SYNTAX,
		                   "BYE \"Lines end in CR LF, and nothing else\"\r\n");
	case LINE_PART: break;
	}
	return screen_hold();
}

/* ---- replies ---- */

/* "SASL" "PLAIN SCRAM-SHA-256" */
static struct screen_step rewrite_sasl(struct screen *screen, const char *bytes, size_t length)
{
	static const char prefix[] = "\"SASL\" \"";
	size_t text = sizeof(prefix) - 1, end = length, written;

	if (length > LINE - 8)
		return screen_shut(STLS_FAULT_TOO_LONG, "");
	while (end > text && bytes[end - 1] != '"')
		end--;
	if (end <= text)
		return screen_pass(length);
	memcpy(screen->with, prefix, text);
	written =
	    screen->tls ? screen_mechanisms(screen->with + text, bytes + text, end - 1 - text) : 0;
	memcpy(screen->with + text + written, "\"\r\n", 3);
	return screen_replace(screen, length, text + written + 3);
}

static void replied(struct screen *screen)
{
	struct sieve *sieve = screen->own;

	sieve->greeted = true;
	sieve->waiting = sieve->turn = false;
}

/* OK, NO or BYE ends a reply; the text behind it may be a literal. */
static bool is_end(const char *line)
{
	const char *rest;

	return word_begins(line, "OK", &rest) || word_begins(line, "NO", &rest) ||
	       word_begins(line, "BYE", &rest);
}

static void end_reply(struct screen *screen, const char *line)
{
	struct sieve *sieve = screen->own;
	const char *rest;

	if (sieve->login && word_begins(line, "OK", &rest))
		screen->over = true;
	sieve->ending = true;
}

static struct screen_step reply_line(struct screen *screen, const char *bytes, size_t length)
{
	struct sieve *sieve = screen->own;
	struct screen_text line;
	size_t octets;
	bool waits, whole = sieve->tail;

	screen_copy(&line, bytes, length);
	if (!whole && is_end(line.text))
		end_reply(screen, line.text);
	sieve->tail = screen_literal(bytes, length, &octets, &waits);
	if (sieve->tail)
		sieve->literal[SCREEN_SERVICE] = octets;
	else if (sieve->ending)
		replied(screen);
	else if (sieve->login)
		sieve->turn = true; /* a challenge */
	if (!sieve->tail)
		sieve->ending = false;
	if (!whole &&
	    (text_begins(line.text, "\"STARTTLS\"") || text_begins(line.text, "\"XCLIENT\"")))
		return screen_drop(length);
	if (!whole && text_begins(line.text, "\"SASL\" \""))
		return rewrite_sasl(screen, bytes, length);
	return screen_pass(length);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	struct sieve *sieve = screen->own;
	size_t length = 0;

	if (sieve->literal[SCREEN_SERVICE] > 0)
		return pass_literal(sieve, SCREEN_SERVICE, count);
	switch (screen_service_line(bytes, count, &length)) {
	case LINE_WHOLE: return reply_line(screen, bytes, length);
	case LINE_LONG: return screen_shut(STLS_FAULT_TOO_LONG, "");
	case LINE_PART:
	case LINE_BARE: break;
	}
	return screen_hold();
}

static struct screen_step next(struct screen *screen, enum screen_side side, const char *bytes,
                               size_t count)
{
	return side == SCREEN_CLIENT ? from_client(screen, bytes, count)
	                             : from_service(screen, bytes, count);
}

const struct screen_kind screen_sieve = {
    .own_size = sizeof(struct sieve), .with_size = LINE, .next = next};

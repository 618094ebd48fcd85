/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_lines.h"
#include "wire/screen_smtp.h"

static void begin(struct screen *screen, const struct screen_spec *spec)
{
	struct smtp *smtp = screen->own;

	smtp->chunking = spec->chunks != 0;
	if (spec->greets)
		smtp_push(smtp, SENT_OTHER);
}

/* ---- commands ---- */

static enum smtp_sent kind_of(const char *line)
{
	static const struct {
		const char *verb;
		enum smtp_sent sent;
	} verbs[] = {{"EHLO", SENT_HELLO}, {"LHLO", SENT_HELLO}, {"HELO", SENT_RESET},
	             {"MAIL", SENT_RESET}, {"RSET", SENT_RESET}, {"RCPT", SENT_RCPT},
	             {"DATA", SENT_DATA},  {"AUTH", SENT_AUTH},  {"BDAT", SENT_CHUNK}};
	size_t length = word_length(line);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_is(line, length, verbs[i].verb))
			return verbs[i].sent;
	return SENT_OTHER;
}

/* What a client may not say here, and what it hears instead; NULL: it may. */
static const char *refusal(const struct screen *screen, const char *line)
{
	static const char *const gateways[] = {"XCLIENT", "XFORWARD", NULL};
	const struct smtp *smtp = screen->own;
	const char *rest;

	if (!screen_has_verb(line))
		return "500 5.5.2 Command unrecognized\r\n";
	/* SMTP-S-08: what it said before TLS is forgotten; some services are not so
	 * strict, and we have spoken to them already. */
	if (screen->tls && !smtp->greeted && word_begins(line, "MAIL", &rest))
		return "503 5.5.1 Say EHLO first\r\n";
	/* XC-07: only a gateway says these. */
	if (word_one_of(line, gateways))
		return "502 5.5.1 Command not implemented\r\n";
	/* SMTP-S-05 */
	if (word_begins(line, "STARTTLS", &rest))
		return screen->tls ? "503 5.5.1 TLS already active\r\n"
		                   : "502 5.5.1 Command not implemented\r\n";
	/* AUTH-05 */
	if (!screen->tls && word_begins(line, "AUTH", &rest))
		return "538 5.7.11 Encryption required for authentication\r\n";
	return NULL;
}

/* BDAT n [LAST] (RFC 3030 section 2), written like that and in no other way:
 * nobody reads these numbers differently. */
static bool read_chunk(const char *line, size_t *octets, bool *last)
{
	const char *at = line + sizeof("BDAT ") - 1;
	size_t digits = line[4] == ' ' ? strspn(at, "0123456789") : 0;

	if (digits == 0 || digits > 9)
		return false;
	*octets = 0;
	for (size_t i = 0; i < digits; i++)
		*octets = *octets * 10 + (size_t)(at[i] - '0');
	at += digits;
	*last = word_is(at, strlen(at), " LAST");
	return *last || *at == '\0';
}

/* The octets follow, whatever the reply (SMTP-P-05).  To a service that does not
 * know BDAT they would be commands (SMTP-P-06). */
static struct screen_step forward_chunk(struct smtp *smtp, const char *line, size_t length)
{
	bool last;

	if (!smtp->chunking && smtp->waiting > 0) /* perhaps for the list */
		return screen_hold();
	if (!smtp->chunking)
		return screen_shut(STLS_FAULT_SYNTAX, "502 5.5.1 BDAT is not offered\r\n");
	if (!read_chunk(line, &smtp->chunk, &last))
		return screen_shut(STLS_FAULT_SYNTAX, "501 5.5.4 Syntax: BDAT count [LAST]\r\n");
	smtp_push(smtp, last ? SENT_LAST : SENT_CHUNK);
	smtp->mode = smtp->chunk > 0 ? MODE_CHUNK : MODE_COMMAND;
	return screen_pass(length);
}

static struct screen_step forward(struct smtp *smtp, const char *line, size_t length)
{
	enum smtp_sent sent = kind_of(line);
	const char *rest;

	if (smtp->waiting == SMTP_QUEUE)
		return screen_hold();
	if (sent == SENT_CHUNK)
		return forward_chunk(smtp, line, length);
	smtp_push(smtp, sent);
	if (sent == SENT_HELLO || word_begins(line, "HELO", &rest))
		smtp->greeted = true;
	if (sent == SENT_DATA || sent == SENT_AUTH)
		smtp->mode = MODE_WAIT;
	return screen_pass(length);
}

/* Replies stay in order: what we refuse is answered when nothing else waits. */
static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct smtp *smtp = screen->own;
	struct screen_text line;
	const char *refused;

	screen_copy(&line, bytes, length);
	refused = refusal(screen, line.text);
	if (refused == NULL)
		return forward(smtp, line.text, length);
	return smtp->waiting > 0 ? screen_hold() : screen_answer(length, refused);
}

/* The rest of this line is of no interest; what is behind it is. */
static void begin_response(struct smtp *smtp, bool begun)
{
	smtp->mode = MODE_RESPONSE;
	smtp->then = MODE_WAIT;
	smtp->begun = begun;
}

/* AUTH-02: an initial response may be longer than any other command. */
static struct screen_step long_command(struct screen *screen, const char *bytes)
{
	struct smtp *smtp = screen->own;
	struct screen_text line;

	screen_copy(&line, bytes, sizeof(line.text));
	if (kind_of(line.text) != SENT_AUTH || !screen->tls)
		return screen_shut(STLS_FAULT_TOO_LONG, "500 5.5.2 Line too long\r\n");
	if (smtp->waiting == SMTP_QUEUE)
		return screen_hold();
	smtp_push(smtp, SENT_AUTH);
	begin_response(smtp, true);
	return screen_pass(SCREEN_LINE - 1); /* the last octet may be a CR */
}

static struct screen_step commands(struct screen *screen, const char *bytes, size_t count)
{
	size_t length = 0;
	enum screen_line line = screen_client_line(bytes, count, &length);

	if (line == LINE_LONG)
		return long_command(screen, bytes);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, NULL,
		                        "500 5.5.2 Lines end in CR LF, and nothing else\r\n");
	return command(screen, bytes, length);
}

/* ---- what is not commands ---- */

/* A line of an AUTH exchange, in pieces if need be. */
static struct screen_step response(struct smtp *smtp, const char *bytes, size_t count)
{
	size_t length;
	enum screen_line line = screen_response(bytes, count, &length);

	if (line == LINE_BARE)
		return screen_shut(STLS_FAULT_SYNTAX, "501 5.5.2 This is not base64\r\n");
	if (line == LINE_WHOLE)
		smtp->mode = smtp->then;
	else if (length > 0)
		smtp->begun = true;
	return screen_pass(length);
}

static struct screen_step chunk(struct smtp *smtp, size_t count)
{
	size_t take = count < smtp->chunk ? count : smtp->chunk;

	smtp->chunk -= take;
	if (smtp->chunk == 0)
		smtp->mode = MODE_COMMAND;
	return screen_pass(take);
}

static struct screen_step message(struct smtp *smtp, const char *bytes, size_t count)
{
	size_t take;

	switch (screen_dots(&smtp->text, true, bytes, count, &take)) {
	case TEXT_GOES_ON: break;
	case TEXT_ENDS:
		smtp_push(smtp, SENT_END);
		smtp->mode = MODE_COMMAND;
		break;
	case TEXT_SMUGGLES:
		return screen_shut(STLS_FAULT_SMUGGLED,
		                   "521 5.5.2 Bare CR or LF in the end of data\r\n");
	}
	return screen_pass(take);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct smtp *smtp = screen->own;

	switch (smtp->mode) {
	case MODE_COMMAND: return commands(screen, bytes, count);
	case MODE_WAIT: break;
	case MODE_RESPONSE: return response(smtp, bytes, count);
	case MODE_MESSAGE: return message(smtp, bytes, count);
	case MODE_CHUNK: return chunk(smtp, count);
	}
	return screen_hold();
}

const struct screen_kind screen_smtp = {.own_size = sizeof(struct smtp),
                                        .with_size = SMTP_LIST_LINE,
                                        .begin = begin,
                                        .from_client = from_client,
                                        .from_service = smtp_reply};

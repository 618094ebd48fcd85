/* SPDX-License-Identifier: ISC */
/*
 * SMTP and LMTP through a gateway.  XCLIENT is legal between any two messages,
 * so this screen stays for the whole session; it keeps commands, messages and
 * chunks apart, and knows by order which reply answers what (RFC 2920).
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"

#define LIST_LINE 1024 /* the longest line of a list */
#define QUEUE 64       /* commands without a reply; then the client waits */

enum sent {
	SENT_OTHER,
	SENT_HELLO, /* EHLO, LHLO: its reply is a list */
	SENT_MAIL,
	SENT_RCPT,
	SENT_DATA,
	SENT_AUTH,
	SENT_CHUNK,
	SENT_LAST, /* BDAT LAST */
	SENT_END   /* the end of a message */
};

enum mode {
	MODE_COMMAND,
	MODE_WAIT,     /* for the reply to DATA or AUTH */
	MODE_RESPONSE, /* the client's part of an AUTH exchange */
	MODE_LINE,     /* the rest of a long AUTH command */
	MODE_MESSAGE,
	MODE_CHUNK
};

struct smtp {
	enum mode mode;
	unsigned char queue[QUEUE]; /* enum sent, a ring */
	unsigned first, waiting;
	unsigned recipients; /* accepted; LMTP answers for each (LMTP-03) */
	unsigned answers;    /* replies still to come for the end of a message */
	size_t chunk;        /* octets of BDAT still to come */
	char before[2];      /* the two octets before the view, in a message */
	unsigned lines;      /* of the list that is being rewritten */
	bool chunking;       /* the service has said that it knows BDAT */
	bool greeted;        /* the client has said who it is, inside TLS */
};

/* ---- the queue ---- */

static void push(struct smtp *smtp, enum sent sent)
{
	smtp->queue[(smtp->first + smtp->waiting++) % QUEUE] = (unsigned char)sent;
}

static enum sent first(const struct smtp *smtp)
{
	return smtp->waiting > 0 ? (enum sent)smtp->queue[smtp->first] : SENT_OTHER;
}

static void pop(struct smtp *smtp)
{
	if (smtp->waiting == 0)
		return;
	smtp->first = (smtp->first + 1) % QUEUE;
	smtp->waiting--;
}

/* ---- commands ---- */

static enum sent kind_of(const char *line)
{
	static const struct {
		const char *verb;
		enum sent sent;
	} verbs[] = {{"EHLO", SENT_HELLO}, {"LHLO", SENT_HELLO}, {"HELO", SENT_HELLO},
	             {"MAIL", SENT_MAIL},  {"RCPT", SENT_RCPT},  {"DATA", SENT_DATA},
	             {"AUTH", SENT_AUTH},  {"BDAT", SENT_CHUNK}};
	const char *rest;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_begins(line, verbs[i].verb, &rest))
			return verbs[i].sent;
	return SENT_OTHER;
}

/* What a client may not say here, and what it hears instead; NULL: it may. */
static const char *refusal(const struct screen *screen, const char *line)
{
	const struct smtp *smtp = screen->own;
	const char *rest;

	/* SMTP-S-08: what it said before TLS is forgotten; some services are not so
	 * strict, and we have spoken to them already. */
	if (screen->tls && !smtp->greeted && kind_of(line) == SENT_MAIL)
		return "503 5.5.1 Say EHLO first\r\n";
	/* XC-07: only a gateway says these. */
	if (word_begins(line, "XCLIENT", &rest) || word_begins(line, "XFORWARD", &rest))
		return "502 5.5.1 Command not implemented\r\n";
	if (word_begins(line, "STARTTLS", &rest))
		return screen->tls ? "503 5.5.1 TLS already active\r\n"
		                   : "502 5.5.1 Command not implemented\r\n";
	if (!screen->tls && word_begins(line, "AUTH", &rest))
		return "538 5.7.11 Encryption required for authentication\r\n";
	return NULL;
}

/* BDAT n [LAST] (RFC 3030 section 2): the octets follow, whatever the reply. */
static bool read_chunk(struct smtp *smtp, const char *line, enum sent *sent)
{
	const char *at = line + 4 + strspn(line + 4, " ");
	size_t digits = strspn(at, "0123456789");

	if (digits == 0 || digits > 10)
		return false;
	smtp->chunk = 0;
	for (size_t i = 0; i < digits; i++)
		smtp->chunk = smtp->chunk * 10 + (size_t)(at[i] - '0');
	at += digits + strspn(at + digits, " ");
	if (word_is(at, strlen(at), "LAST"))
		*sent = SENT_LAST;
	return true;
}

/* SMTP-P-06: to a service that does not know BDAT, its payload would be
 * commands. */
static struct screen_step forward_chunk(struct smtp *smtp, const char *line, size_t length)
{
	enum sent sent = SENT_CHUNK;

	if (!smtp->chunking)
		return screen_shut(STLS_FAULT_SYNTAX, "502 5.5.1 BDAT is not offered\r\n");
	if (!read_chunk(smtp, line, &sent))
		return screen_shut(STLS_FAULT_SYNTAX,
		                   "501 5.5.4 BDAT needs a number of octets\r\n");
	push(smtp, sent);
	smtp->mode = smtp->chunk > 0 ? MODE_CHUNK : MODE_COMMAND;
	return screen_pass(length);
}

static struct screen_step forward(struct smtp *smtp, const char *line, size_t length)
{
	enum sent sent = kind_of(line);

	if (sent == SENT_CHUNK)
		return forward_chunk(smtp, line, length);
	push(smtp, sent);
	if (sent == SENT_HELLO)
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
	if (refused != NULL)
		return smtp->waiting > 0 ? screen_hold() : screen_answer(length, refused);
	return smtp->waiting == QUEUE ? screen_hold() : forward(smtp, line.text, length);
}

/* AUTH-02: an initial response may be longer than any other command. */
static struct screen_step long_command(struct screen *screen, const char *bytes, size_t count)
{
	struct smtp *smtp = screen->own;
	struct screen_text line;

	screen_copy(&line, bytes, count);
	if (kind_of(line.text) != SENT_AUTH || !screen->tls)
		return screen_shut(STLS_FAULT_TOO_LONG, "500 5.5.2 Line too long\r\n");
	if (smtp->waiting == QUEUE)
		return screen_hold();
	push(smtp, SENT_AUTH);
	smtp->mode = MODE_LINE;
	return screen_pass(SCREEN_LINE - 1);
}

static struct screen_step commands(struct screen *screen, const char *bytes, size_t count)
{
	size_t length = 0;

	switch (screen_client_line(bytes, count, &length)) {
	case LINE_WHOLE: return command(screen, bytes, length);
	case LINE_LONG: return long_command(screen, bytes, count);
	case LINE_BARE:
		return screen_shut(STLS_FAULT_SYNTAX,
		                   "500 5.5.2 Lines end in CR LF, and nothing else\r\n");
	case LINE_PART: break;
	}
	return screen_hold();
}

/* ---- what is not commands ---- */

/* A line of an AUTH exchange, in pieces if need be. */
static struct screen_step auth_line(struct smtp *smtp, const char *bytes, size_t count)
{
	const char *end = memchr(bytes, '\n', count);

	if (end == NULL)
		return screen_pass(count);
	smtp->mode = MODE_WAIT;
	return screen_pass((size_t)(end - bytes) + 1);
}

static struct screen_step chunk(struct smtp *smtp, size_t count)
{
	size_t take = count < smtp->chunk ? count : smtp->chunk;

	smtp->chunk -= take;
	if (smtp->chunk == 0)
		smtp->mode = MODE_COMMAND;
	return screen_pass(take);
}

/* ---- messages ---- */

static bool ends_line(char c)
{
	return c == '\r' || c == '\n';
}

static char octet_before(const struct smtp *smtp, const char *bytes, size_t at, size_t back)
{
	return at >= back ? bytes[at - back] : smtp->before[2 + at - back];
}

enum dot {
	DOT_TEXT,   /* an ordinary dot */
	DOT_END,    /* CR LF "." CR LF: the end of the message */
	DOT_FALSE,  /* an end only to those who take bare CR or LF for a line end */
	DOT_UNKNOWN /* what is behind it is not there yet */
};

/* RFC 5321 section 4.1.1.4 knows one end of data.  Software that knows more of
 * them is how mail is smuggled (CVE-2023-51764), so none of those passes. */
static enum dot judge_dot(const struct smtp *smtp, const char *bytes, size_t count, size_t at)
{
	char before = octet_before(smtp, bytes, at, 1);

	if (!ends_line(before))
		return DOT_TEXT;
	if (at + 1 == count)
		return DOT_UNKNOWN;
	if (!ends_line(bytes[at + 1]))
		return DOT_TEXT;
	if (bytes[at + 1] == '\n' || before != '\n' || octet_before(smtp, bytes, at, 2) != '\r')
		return DOT_FALSE;
	if (at + 2 == count)
		return DOT_UNKNOWN;
	return bytes[at + 2] == '\n' ? DOT_END : DOT_FALSE;
}

static struct screen_step pass_text(struct smtp *smtp, const char *bytes, size_t take)
{
	if (take == 0)
		return screen_hold();
	smtp->before[0] = octet_before(smtp, bytes, take, 2);
	smtp->before[1] = bytes[take - 1];
	return screen_pass(take);
}

static struct screen_step end_message(struct screen *screen, size_t take)
{
	struct smtp *smtp = screen->own;

	push(smtp, SENT_END);
	smtp->answers = screen->protocol == STLS_LMTP ? smtp->recipients : 1;
	smtp->mode = MODE_COMMAND;
	return screen_pass(take);
}

static struct screen_step smuggled(void)
{
	return screen_shut(STLS_FAULT_SMUGGLED, "521 5.5.2 Bare CR or LF in the end of data\r\n");
}

static struct screen_step message(struct screen *screen, const char *bytes, size_t count)
{
	struct smtp *smtp = screen->own;
	const char *dot = bytes;

	while ((dot = memchr(dot, '.', count - (size_t)(dot - bytes))) != NULL) {
		size_t at = (size_t)(dot - bytes);

		switch (judge_dot(smtp, bytes, count, at)) {
		case DOT_TEXT: break;
		case DOT_END: return end_message(screen, at + 3);
		case DOT_UNKNOWN: return pass_text(smtp, bytes, at);
		case DOT_FALSE: return at > 0 ? pass_text(smtp, bytes, at) : smuggled();
		}
		dot++;
	}
	return pass_text(smtp, bytes, count);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct smtp *smtp = screen->own;

	switch (smtp->mode) {
	case MODE_COMMAND: return commands(screen, bytes, count);
	case MODE_WAIT: break;
	case MODE_RESPONSE:
	case MODE_LINE: return auth_line(smtp, bytes, count);
	case MODE_MESSAGE: return message(screen, bytes, count);
	case MODE_CHUNK: return chunk(smtp, count);
	}
	return screen_hold();
}

/* ---- replies ---- */

static void begin_message(struct smtp *smtp)
{
	smtp->mode = MODE_MESSAGE;
	smtp->before[0] = '\r';
	smtp->before[1] = '\n';
}

/* LMTP-03, LMTP-04: an end of message has as many answers as recipients. */
static void answered_end(struct screen *screen)
{
	struct smtp *smtp = screen->own;

	if (first(smtp) == SENT_LAST && smtp->answers == 0)
		smtp->answers = screen->protocol == STLS_LMTP ? smtp->recipients : 1;
	if (smtp->answers > 1) {
		smtp->answers--;
		return;
	}
	smtp->answers = 0;
	smtp->recipients = 0;
	pop(smtp);
}

static void answered_auth(struct smtp *smtp, unsigned code)
{
	if (code == 334) {
		smtp->mode = MODE_RESPONSE;
		return;
	}
	smtp->mode = MODE_COMMAND;
	pop(smtp);
}

/* A reply is complete. */
static void answered(struct screen *screen, unsigned code)
{
	struct smtp *smtp = screen->own;

	smtp->lines = 0;
	switch (first(smtp)) {
	case SENT_AUTH: answered_auth(smtp, code); return;
	case SENT_END:
	case SENT_LAST: answered_end(screen); return;
	case SENT_DATA:
		smtp->mode = MODE_COMMAND;
		if (code == 354)
			begin_message(smtp);
		break;
	case SENT_RCPT:
		if (code / 100 == 2)
			smtp->recipients++;
		break;
	case SENT_MAIL:
	case SENT_HELLO: smtp->recipients = 0; break;
	case SENT_CHUNK:
	case SENT_OTHER: break;
	}
	pop(smtp);
}

/* ---- the list ---- */

static bool is_dropped(const struct screen *screen, const char *text)
{
	const char *rest;

	/* CORE-19, XC-07 */
	if (word_begins(text, "STARTTLS", &rest) || word_begins(text, "XCLIENT", &rest) ||
	    word_begins(text, "XFORWARD", &rest))
		return true;
	return !screen->tls && (word_begins(text, "AUTH", &rest) || text_begins(text, "AUTH="));
}

/* Whether a line that stays comes behind this one, within the reply. */
static bool more_lines(const struct screen *screen, const char *bytes, size_t count)
{
	size_t length;

	while (screen_service_line(bytes, count, &length) == LINE_WHOLE) {
		struct screen_text line;

		screen_copy(&line, bytes, length);
		if (strlen(line.text) < 4 || !is_dropped(screen, line.text + 4))
			return true;
		if (line.text[3] != '-')
			break;
		bytes += length;
		count -= length;
	}
	return false;
}

static struct screen_step rewrite(struct screen *screen, const char *bytes, size_t length,
                                  bool last)
{
	size_t text = length, written;

	while (text > 4 && ends_line(bytes[text - 1]))
		text--;
	memcpy(screen->with, bytes, 4);
	screen->with[3] = last ? ' ' : '-';
	written = 4;
	if (text - 4 >= 4 && word_is(bytes + 4, 4, "AUTH")) {
		written += screen_mechanisms(screen->with + 4, bytes + 4, text - 4);
	} else {
		memcpy(screen->with + 4, bytes + 4, text - 4);
		written += text - 4;
	}
	memcpy(screen->with + written, "\r\n", 2);
	return screen_replace(screen, length, written + 2);
}

/* Whether all lines of the reply at the front of the view are there. */
static bool is_complete(const char *bytes, size_t count)
{
	size_t length;

	while (screen_service_line(bytes, count, &length) == LINE_WHOLE) {
		if (length < 4 || bytes[3] != '-')
			return true;
		bytes += length;
		count -= length;
	}
	return false;
}

/* One line of the reply to EHLO.  Which line is the last one can only be told
 * when all are there. */
static struct screen_step list_line(struct screen *screen, const char *bytes, size_t count,
                                    size_t length)
{
	struct smtp *smtp = screen->own;
	struct screen_text line;
	const char *rest;

	if (!is_complete(bytes, count))
		return count < SCREEN_VIEW ? screen_hold() : screen_shut(STLS_FAULT_TOO_LONG, "");
	screen_copy(&line, bytes, length);
	if (length < 6 || length > LIST_LINE - 8)
		return screen_shut(STLS_FAULT_SYNTAX, "");
	if (smtp->lines++ == 0)
		smtp->chunking = false;
	else if (is_dropped(screen, line.text + 4))
		return screen_drop(length);
	else if (word_begins(line.text + 4, "CHUNKING", &rest))
		smtp->chunking = true;
	return rewrite(screen, bytes, length,
	               bytes[3] != '-' || !more_lines(screen, bytes + length, count - length));
}

static struct screen_step reply_line(struct screen *screen, const char *bytes, size_t count,
                                     size_t length)
{
	struct smtp *smtp = screen->own;
	struct screen_step step = screen_pass(length);
	struct screen_text line;
	const char *text;
	bool last;
	unsigned code;

	screen_copy(&line, bytes, length);
	code = reply_code(line.text, &last, &text);
	if (code == 250 && first(smtp) == SENT_HELLO)
		step = list_line(screen, bytes, count, length);
	if (code > 0 && last && (step.move == SCREEN_PASS || step.move == SCREEN_REPLACE))
		answered(screen, code);
	return step;
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	size_t length = 0;

	switch (screen_service_line(bytes, count, &length)) {
	case LINE_WHOLE: return reply_line(screen, bytes, count, length);
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

const struct screen_kind screen_smtp = {
    .own_size = sizeof(struct smtp), .with_size = LIST_LINE, .next = next};

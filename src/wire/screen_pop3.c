/* SPDX-License-Identifier: ISC */
/*
 * POP3 through a gateway, until the login: afterwards nobody takes STLS or
 * XCLIENT any more.  Before it one command crosses at a time.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"
#include "wire/screen_lines.h"

#define LINE 600 /* RFC 2449 section 4: 512 */

enum waiting {
	WAITING_NOT,
	WAITING_STATUS,
	WAITING_LIST,
	WAITING_CAPABILITIES,
	WAITING_MECHANISMS, /* AUTH alone: a list of old */
	WAITING_LOGIN
};

struct pop3 {
	enum waiting waiting; /* for which reply */
	bool listing;         /* inside a multi-line reply */
	bool exchange;        /* AUTH: it is the client's turn to respond */
	bool begun;           /* ... and part of its line has passed */
};

static void begin(struct screen *screen, const struct screen_spec *spec)
{
	struct pop3 *pop3 = screen->own;

	pop3->waiting = spec->greets ? WAITING_STATUS : WAITING_NOT;
}

static const char *refusal(const struct screen *screen, const char *line)
{
	static const char *const secret[] = {"USER", "PASS", "APOP", "AUTH", NULL};
	const char *rest;

	if (!screen_has_verb(line) || word_begins(line, "XCLIENT", &rest))
		return "-ERR Unknown command\r\n";
	if (word_begins(line, "STLS", &rest)) /* POP-S-02 */
		return screen->tls ? "-ERR Command not permitted when TLS active\r\n"
		                   : "-ERR Command not permitted any more\r\n";
	if (!screen->tls && word_one_of(line, secret)) /* POP-S-08 */
		return "-ERR Must use STLS first\r\n";
	/* The beginning of a login, or the list of old? */
	if (word_begins(line, "AUTH", &rest) && *rest == '\0' && line[4] == ' ')
		return "-ERR Say a mechanism\r\n";
	return NULL;
}

static enum waiting kind_of(const char *line)
{
	const char *rest;

	if (word_begins(line, "CAPA", &rest))
		return WAITING_CAPABILITIES;
	if (word_begins(line, "LANG", &rest)) /* RFC 6856 section 3 */
		return *rest == '\0' ? WAITING_LIST : WAITING_STATUS;
	if (word_begins(line, "AUTH", &rest))
		return *rest == '\0' ? WAITING_MECHANISMS : WAITING_LOGIN;
	if (word_begins(line, "PASS", &rest) || word_begins(line, "APOP", &rest))
		return WAITING_LOGIN;
	return WAITING_STATUS;
}

static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct pop3 *pop3 = screen->own;
	struct screen_text line;
	const char *refused;

	screen_copy(&line, bytes, length);
	refused = refusal(screen, line.text);
	if (refused != NULL)
		return screen_answer(length, refused);
	pop3->waiting = kind_of(line.text);
	return screen_pass(length);
}

static struct screen_step response(struct pop3 *pop3, const char *bytes, size_t count)
{
	size_t length;
	enum screen_line line = screen_response(bytes, count, &length);

	if (line == LINE_BARE)
		return screen_shut(STLS_FAULT_SYNTAX, "-ERR This is not base64\r\n");
	pop3->exchange = line != LINE_WHOLE;
	pop3->begun = pop3->exchange && (pop3->begun || length > 0);
	return screen_pass(length);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct pop3 *pop3 = screen->own;
	enum screen_line line;
	size_t length = 0;

	if (pop3->exchange)
		return response(pop3, bytes, count);
	if (pop3->waiting != WAITING_NOT)
		return screen_hold();
	line = screen_client_line(bytes, count, &length);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, "-ERR Line too long\r\n",
		                        "-ERR Lines end in CR LF, and nothing else\r\n");
	return command(screen, bytes, length);
}

/* ---- replies ---- */

/* CB-04; a list of nothing is no list. */
static struct screen_step rewrite_sasl(struct screen *screen, const char *bytes, size_t length)
{
	size_t text = screen_chomp(bytes, length), written;

	if (length > LINE - 4)
		return screen_shut(STLS_FAULT_TOO_LONG, "-ERR The list is too long\r\n");
	written = screen_mechanisms(screen->with, bytes, text);
	if (written == sizeof("SASL") - 1 && written < text)
		return screen_drop(length);
	memcpy(screen->with + written, "\r\n", 2);
	return screen_replace(screen, length, written + 2);
}

static bool is_dropped(const struct screen *screen, const char *line)
{
	/* CORE-19, XC-07, POP-S-01, POP-S-08 */
	static const char *const always[] = {"STLS", "XCLIENT", NULL};
	static const char *const logins[] = {"USER", "SASL", NULL};

	return word_one_of(line, always) || (!screen->tls && word_one_of(line, logins));
}

static struct screen_step list_line(struct screen *screen, const char *bytes, size_t length)
{
	struct pop3 *pop3 = screen->own;
	struct screen_text line;
	const char *rest;

	screen_copy(&line, bytes, length);
	if (pop3->waiting == WAITING_MECHANISMS && screen_binds(line.text, strlen(line.text)))
		return screen_drop(length);
	if (pop3->waiting == WAITING_CAPABILITIES && is_dropped(screen, line.text))
		return screen_drop(length);
	if (pop3->waiting == WAITING_CAPABILITIES && word_begins(line.text, "SASL", &rest))
		return rewrite_sasl(screen, bytes, length);
	if (strcmp(line.text, ".") == 0) {
		pop3->listing = false;
		pop3->waiting = WAITING_NOT;
	}
	return screen_pass(length);
}

static bool lists(enum waiting waiting)
{
	return waiting == WAITING_LIST || waiting == WAITING_CAPABILITIES ||
	       waiting == WAITING_MECHANISMS;
}

static struct screen_step status_line(struct screen *screen, const char *bytes, size_t length)
{
	struct pop3 *pop3 = screen->own;
	bool ok = length >= 3 && memcmp(bytes, "+OK", 3) == 0;

	if (pop3->waiting == WAITING_LOGIN && !ok && bytes[0] == '+') {
		pop3->exchange = true;
		return screen_pass(length);
	}
	pop3->listing = lists(pop3->waiting) && ok;
	if (pop3->listing)
		return screen_pass(length);
	if (pop3->waiting == WAITING_LOGIN && ok)
		screen->over = true;
	pop3->waiting = WAITING_NOT;
	pop3->exchange = pop3->exchange && pop3->begun; /* up to the end of that line */
	return screen_pass(length);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	struct pop3 *pop3 = screen->own;
	size_t length = 0;
	enum screen_line line = screen_service_line(bytes, count, &length);

	if (line != LINE_WHOLE)
		return screen_not_whole(line, "-ERR Reply too long\r\n", NULL);
	return pop3->listing ? list_line(screen, bytes, length)
	                     : status_line(screen, bytes, length);
}

const struct screen_kind screen_pop3 = {.own_size = sizeof(struct pop3),
                                        .with_size = LINE,
                                        .begin = begin,
                                        .from_client = from_client,
                                        .from_service = from_service};

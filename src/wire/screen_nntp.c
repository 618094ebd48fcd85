/* SPDX-License-Identifier: ISC */
/*
 * NNTP through a gateway, until somebody is logged in or begins to read or to
 * post.  From then on articles cross, and nothing is lost by not looking: a
 * service that has authenticated somebody takes STARTTLS no more (RFC 4642
 * section 2.2.2), and there is nothing that only a gateway may say.  Who reads
 * without TLS and then logs in is the service's to refuse.  Before all that one
 * command crosses at a time.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"

enum waiting { WAITING_NOT, WAITING_STATUS, WAITING_LIST, WAITING_HELP, WAITING_LOGIN };

struct nntp {
	enum waiting waiting;
	bool listing;  /* inside a multi-line reply */
	bool exchange; /* AUTHINFO SASL: the client responds */
};

static const char *refusal(const struct screen *screen, const char *line)
{
	const char *rest;

	/* NNTP-S-01, NNTP-S-02 */
	if (word_begins(line, "STARTTLS", &rest))
		return screen->tls ? "502 STARTTLS not allowed with active TLS layer\r\n"
		                   : "502 STARTTLS not allowed any more\r\n";
	if (!screen->tls && word_begins(line, "AUTHINFO", &rest))
		return "483 Encryption or stronger authentication required\r\n";
	return NULL;
}

/* WAITING_NOT: a command that ends the screen. */
static enum waiting kind_of(const char *line)
{
	static const struct {
		const char *verb;
		enum waiting waiting;
	} verbs[] = {{"CAPABILITIES", WAITING_LIST}, {"HELP", WAITING_HELP},
	             {"AUTHINFO", WAITING_LOGIN},    {"MODE", WAITING_STATUS},
	             {"DATE", WAITING_STATUS},       {"QUIT", WAITING_STATUS}};
	const char *rest;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_begins(line, verbs[i].verb, &rest))
			return verbs[i].waiting;
	return WAITING_NOT;
}

static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct nntp *nntp = screen->own;
	struct screen_text line;
	const char *refused;

	screen_copy(&line, bytes, length);
	refused = refusal(screen, line.text);
	if (refused != NULL)
		return screen_answer(length, refused);
	nntp->waiting = kind_of(line.text);
	screen->over = nntp->waiting == WAITING_NOT;
	return screen_pass(length);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct nntp *nntp = screen->own;
	size_t length = 0;

	if (nntp->waiting != WAITING_NOT && !nntp->exchange)
		return screen_hold();
	switch (screen_client_line(bytes, count, &length)) {
	case LINE_WHOLE: break;
	case LINE_PART: return screen_hold();
	case LINE_LONG: return screen_shut(STLS_FAULT_TOO_LONG, "501 Line too long\r\n");
	case LINE_BARE:
		return screen_shut(STLS_FAULT_SYNTAX,
		                   "501 Lines end in CR LF, and nothing else\r\n");
	}
	if (!nntp->exchange)
		return command(screen, bytes, length);
	nntp->exchange = false;
	return screen_pass(length);
}

/* ---- replies ---- */

static struct screen_step list_line(struct screen *screen, const char *bytes, size_t length)
{
	struct nntp *nntp = screen->own;
	bool capabilities = nntp->waiting == WAITING_LIST;
	struct screen_text line;
	const char *rest;

	screen_copy(&line, bytes, length);
	if (strcmp(line.text, ".") == 0) {
		nntp->listing = false;
		nntp->waiting = WAITING_NOT;
	}
	/* NNTP-S-04 */
	if (capabilities && (word_begins(line.text, "STARTTLS", &rest) ||
	                     (screen->tls && word_begins(line.text, "MODE-READER", &rest))))
		return screen_drop(length);
	if (capabilities && !screen->tls &&
	    (word_begins(line.text, "AUTHINFO", &rest) || word_begins(line.text, "SASL", &rest)))
		return screen_drop(length);
	return screen_pass(length);
}

static struct screen_step status_line(struct screen *screen, const char *bytes, size_t length)
{
	struct nntp *nntp = screen->own;
	struct screen_text line;
	const char *text;
	bool last;
	unsigned code;

	screen_copy(&line, bytes, length);
	code = reply_code(line.text, &last, &text);
	if (code / 100 == 1 && (nntp->waiting == WAITING_LIST || nntp->waiting == WAITING_HELP) &&
	    code != 111) {
		nntp->listing = true;
		return screen_pass(length);
	}
	if (nntp->waiting == WAITING_LOGIN && code == 383) {
		nntp->exchange = true;
		return screen_pass(length);
	}
	if (nntp->waiting == WAITING_LOGIN && (code == 281 || code == 283))
		screen->over = true;
	nntp->waiting = WAITING_NOT;
	return screen_pass(length);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	struct nntp *nntp = screen->own;
	size_t length = 0;

	switch (screen_service_line(bytes, count, &length)) {
	case LINE_WHOLE:
		return nntp->listing ? list_line(screen, bytes, length)
		                     : status_line(screen, bytes, length);
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

const struct screen_kind screen_nntp = {.own_size = sizeof(struct nntp), .next = next};

/* SPDX-License-Identifier: ISC */
/*
 * NNTP through a gateway, until the login, or to the end where nobody logs in:
 * as long as nobody has, a service would list STARTTLS again and take it (RFC
 * 4642 section 2.2.2), and without TLS somebody might say a password.  One command
 * crosses at a time; articles and other blocks cross in one go, told by command
 * and code (RFC 3977 appendix C).
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_dots.h"
#include "wire/screen_kind.h"
#include "wire/screen_lines.h"

#define LINE 1024 /* RFC 3977 section 3.1: 512 */

enum waiting {
	WAITING_NOT,
	WAITING_STATUS, /* the code alone tells what follows */
	WAITING_GROUP,  /* LISTGROUP: as WAITING_STATUS, but 211 is a block, too */
	WAITING_LIST,   /* CAPABILITIES */
	WAITING_LOGIN   /* AUTHINFO */
};

enum turn {
	TURN_COMMAND,
	TURN_RESPONSE, /* AUTHINFO SASL */
	TURN_ARTICLE
};

struct nntp {
	enum waiting waiting;
	enum turn turn;
	bool begun;                 /* TURN_RESPONSE: part of the line has passed */
	bool listing;               /* inside the list of capabilities */
	bool block;                 /* inside another block */
	struct screen_dots text[2]; /* article and block, by side */
};

static void begin(struct screen *screen, const struct screen_spec *spec)
{
	struct nntp *nntp = screen->own;

	nntp->waiting = spec->greets ? WAITING_STATUS : WAITING_NOT;
}

/* ---- what a client says ---- */

static const char *refusal(const struct screen *screen, const char *line)
{
	const char *rest;

	if (!screen_has_verb(line))
		return "500 Unknown command\r\n";
	/* NNTP-S-01, NNTP-S-02 */
	if (word_begins(line, "STARTTLS", &rest))
		return screen->tls ? "502 STARTTLS not allowed with active TLS layer\r\n"
		                   : "502 STARTTLS not allowed any more\r\n";
	if (!screen->tls && word_begins(line, "AUTHINFO", &rest))
		return "483 Encryption or stronger authentication required\r\n";
	return NULL;
}

static enum waiting kind_of(const char *line)
{
	const char *rest;

	if (word_begins(line, "CAPABILITIES", &rest))
		return WAITING_LIST;
	if (word_begins(line, "AUTHINFO", &rest))
		return WAITING_LOGIN;
	return word_begins(line, "LISTGROUP", &rest) ? WAITING_GROUP : WAITING_STATUS;
}

static void begin_article(struct nntp *nntp)
{
	nntp->turn = TURN_ARTICLE;
	screen_dots_begin(&nntp->text[SCREEN_CLIENT]);
}

static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct nntp *nntp = screen->own;
	struct screen_text line;
	const char *refused, *rest;

	screen_copy(&line, bytes, length);
	refused = refusal(screen, line.text);
	if (refused != NULL)
		return screen_answer(length, refused);
	nntp->waiting = kind_of(line.text);
	if (word_begins(line.text, "TAKETHIS", &rest)) /* RFC 4644 section 2.5 */
		begin_article(nntp);
	return screen_pass(length);
}

static struct screen_step commands(struct screen *screen, const char *bytes, size_t count)
{
	struct nntp *nntp = screen->own;
	enum screen_line line;
	size_t length = 0;

	if (nntp->waiting != WAITING_NOT)
		return screen_hold();
	line = screen_client_line(bytes, count, &length);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, "501 Line too long\r\n",
		                        "501 Lines end in CR LF, and nothing else\r\n");
	return command(screen, bytes, length);
}

static struct screen_step response(struct nntp *nntp, const char *bytes, size_t count)
{
	size_t length;
	enum screen_line line = screen_response(bytes, count, &length);

	if (line == LINE_BARE)
		return screen_shut(STLS_FAULT_SYNTAX, "501 This is not base64\r\n");
	if (line == LINE_WHOLE)
		nntp->turn = TURN_COMMAND;
	nntp->begun = line != LINE_WHOLE && (nntp->begun || length > 0);
	return screen_pass(length);
}

static struct screen_step article(struct nntp *nntp, const char *bytes, size_t count)
{
	size_t take;

	switch (screen_dots(&nntp->text[SCREEN_CLIENT], true, bytes, count, &take)) {
	case TEXT_GOES_ON: break;
	case TEXT_ENDS: nntp->turn = TURN_COMMAND; break;
	case TEXT_SMUGGLES:
		return screen_shut(STLS_FAULT_SMUGGLED,
		                   "400 Bare CR or LF in the end of an article\r\n");
	}
	return screen_pass(take);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct nntp *nntp = screen->own;

	switch (nntp->turn) {
	case TURN_COMMAND: break;
	case TURN_RESPONSE: return response(nntp, bytes, count);
	case TURN_ARTICLE: return article(nntp, bytes, count);
	}
	return commands(screen, bytes, count);
}

/* ---- what a service answers ---- */

static bool is_dropped(const struct screen *screen, const char *line)
{
	const char *rest;

	/* CORE-19, NNTP-S-04 */
	if (word_begins(line, "STARTTLS", &rest))
		return true;
	if (screen->tls)
		return word_begins(line, "MODE-READER", &rest);
	return word_begins(line, "AUTHINFO", &rest) || word_begins(line, "SASL", &rest);
}

static struct screen_step list_line(struct screen *screen, const char *bytes, size_t length)
{
	struct nntp *nntp = screen->own;
	struct screen_text line;
	const char *rest;
	size_t written;

	screen_copy(&line, bytes, length);
	if (is_dropped(screen, line.text))
		return screen_drop(length);
	if (word_begins(line.text, "SASL", &rest) && length < LINE) { /* CB-04 */
		written = screen_mechanisms(screen->with, bytes, screen_chomp(bytes, length));
		memcpy(screen->with + written, "\r\n", 2);
		return screen_replace(screen, length, written + 2);
	}
	if (strcmp(line.text, ".") == 0) {
		nntp->listing = false;
		nntp->waiting = WAITING_NOT;
	}
	return screen_pass(length);
}

static struct screen_step block(struct nntp *nntp, const char *bytes, size_t count)
{
	size_t take;

	if (screen_dots(&nntp->text[SCREEN_SERVICE], false, bytes, count, &take) == TEXT_ENDS) {
		nntp->block = false;
		nntp->waiting = WAITING_NOT;
	}
	return screen_pass(take);
}

/* RFC 3977 appendix C, and 282 of XGTITLE (RFC 2980 section 2.5). */
static bool has_block(const struct nntp *nntp, unsigned code)
{
	static const unsigned codes[] = {100, 215, 220, 221, 222, 224, 225, 230, 231, 282};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code == codes[i])
			return true;
	return code == 211 && nntp->waiting == WAITING_GROUP;
}

/* Somebody is logged in, or what follows is compressed (RFC 8054 section 2.2.2:
 * then nobody may log in or start TLS any more). */
static bool is_over(const struct nntp *nntp, unsigned code)
{
	if (code == 206 || code == 290)
		return nntp->waiting == WAITING_STATUS;
	return nntp->waiting == WAITING_LOGIN && (code == 281 || code == 283);
}

static void answered(struct nntp *nntp, unsigned code)
{
	if (code == 335 || code == 340)
		begin_article(nntp);
	else
		nntp->waiting = WAITING_NOT;
	if (nntp->turn == TURN_RESPONSE && !nntp->begun)
		nntp->turn = TURN_COMMAND;
}

static struct screen_step status_line(struct screen *screen, const char *bytes, size_t length)
{
	struct nntp *nntp = screen->own;
	bool last;
	unsigned code = screen_code(bytes, length, &last);

	if (nntp->waiting == WAITING_NOT)
		return screen_pass(length);
	screen->over = is_over(nntp, code);
	nntp->listing = nntp->waiting == WAITING_LIST && code == 101;
	nntp->block = has_block(nntp, code);
	if (nntp->block)
		screen_dots_begin(&nntp->text[SCREEN_SERVICE]);
	else if (nntp->waiting == WAITING_LOGIN && code == 383)
		nntp->turn = TURN_RESPONSE;
	else if (!nntp->listing)
		answered(nntp, code);
	return screen_pass(length);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	struct nntp *nntp = screen->own;
	enum screen_line line;
	size_t length = 0;

	if (nntp->block)
		return block(nntp, bytes, count);
	line = screen_service_line(bytes, count, &length);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, "400 Reply too long\r\n", NULL);
	return nntp->listing ? list_line(screen, bytes, length)
	                     : status_line(screen, bytes, length);
}

const struct screen_kind screen_nntp = {.own_size = sizeof(struct nntp),
                                        .with_size = LINE,
                                        .begin = begin,
                                        .from_client = from_client,
                                        .from_service = from_service};

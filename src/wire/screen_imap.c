/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_imap.h"

/* A command is refused: what belongs to it and does not wait is dropped. */
static void drop_rest(struct imap *imap, const char *bytes, size_t length)
{
	size_t octets;
	bool waits;

	imap->dropping = screen_literal(bytes, length, &octets, &waits) && !waits;
	if (imap->dropping)
		imap->literal[SCREEN_CLIENT] = octets;
}

static struct screen_step refuse(struct screen *screen, const char *bytes, size_t length,
                                 const char *tag, const char *text)
{
	drop_rest(screen->own, bytes, length);
	snprintf(screen->with, IMAP_WITH, "%s %s\r\n", tag, text);
	return screen_answer(length, screen->with);
}

/* A line of a command crosses; is there a literal behind it? */
static struct screen_step forward(struct screen *screen, const char *bytes, size_t length)
{
	static const char end[] = "+}\r\n";
	struct imap *imap = screen->own;
	size_t octets, kept = length - (sizeof(end) - 1);
	bool waits;

	if (!screen_literal(bytes, length, &octets, &waits)) {
		imap->turn = TURN_SERVICE;
		return screen_pass(length);
	}
	imap->turn = TURN_CONSENT;
	imap->offered = octets;
	imap->unasked = !waits;
	if (waits)
		return screen_pass(length);
	memcpy(screen->with, bytes, kept);
	memcpy(screen->with + kept, end + 1, sizeof(end) - 2);
	return screen_replace(screen, length, length - 1);
}

/* ---- commands ---- */

/* RFC 9051 section 9: ASTRING-CHAR without "+". */
static bool is_tag_char(char c)
{
	return c > ' ' && c < 0x7f && strchr("(){%*\"\\+", c) == NULL;
}

static bool note_tag(struct imap *imap, const char *line)
{
	size_t length = 0;

	while (is_tag_char(line[length]))
		length++;
	if (length == 0 || length >= IMAP_TAG || line[length] != ' ')
		return false;
	memcpy(imap->tag, line, length);
	imap->tag[length] = '\0';
	return true;
}

static struct screen_step id_command(struct screen *screen, const char *bytes, size_t length)
{
	struct imap *imap = screen->own;
	char line[SCREEN_LINE], pairs[SCREEN_LINE] = "";
	const char *list = line + strlen(imap->tag) + sizeof(" ID ") - 1;
	int written;

	memcpy(line, bytes, length - 2);
	line[length - 2] = '\0';
	if (length - 2 < strlen(imap->tag) + sizeof(" ID NIL") - 1 ||
	    (*list != '(' && !word_is(list, strlen(list), "NIL")) ||
	    (*list == '(' && !imap_id(pairs, sizeof(pairs), list + 1)))
		return refuse(screen, bytes, length, imap->tag, "BAD ID with quoted strings only");
	if (pairs[0] != '\0')
		written = snprintf(screen->with, IMAP_WITH, "%s ID (%s)\r\n", imap->tag, pairs);
	else
		written = snprintf(screen->with, IMAP_WITH, "%s ID NIL\r\n", imap->tag);
	imap->turn = TURN_SERVICE;
	return screen_replace(screen, length, (size_t)written);
}

static void note_login(struct imap *imap, const char *verb)
{
	const char *rest;

	imap->authenticate = word_begins(verb, "AUTHENTICATE", &rest);
	imap->login = imap->authenticate || word_begins(verb, "LOGIN", &rest);
}

static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct imap *imap = screen->own;
	struct screen_text line;
	const char *verb, *rest;

	screen_copy(&line, bytes, length);
	if (!note_tag(imap, line.text))
		return refuse(screen, bytes, length, "*", "BAD Say a tag and a command");
	verb = line.text + strlen(imap->tag) + 1;
	if (!screen_has_verb(verb))
		return refuse(screen, bytes, length, imap->tag, "BAD Unknown command");
	if (word_begins(verb, "STARTTLS", &rest))
		return refuse(screen, bytes, length, imap->tag,
		              screen->tls ? "BAD TLS already active" : "BAD STARTTLS is over");
	note_login(imap, verb);
	if (imap->login && !screen->tls) /* IMAP-S-07 */
		return refuse(screen, bytes, length, imap->tag,
		              "NO [PRIVACYREQUIRED] Use STARTTLS first");
	if (word_begins(verb, "ID", &rest))
		return id_command(screen, bytes, length);
	return forward(screen, bytes, length);
}

/* An initial response (RFC 4959) may be longer than anything else. */
static struct screen_step long_line(struct screen *screen, const char *bytes)
{
	struct imap *imap = screen->own;
	struct screen_text line;

	screen_copy(&line, bytes, sizeof(line.text));
	if (imap->turn == TURN_COMMAND && !imap->dropping && screen->tls &&
	    note_tag(imap, line.text)) {
		note_login(imap, line.text + strlen(imap->tag) + 1);
		if (imap->authenticate) {
			imap->turn = TURN_RESPONSE;
			imap->then = TURN_SERVICE;
			imap->begun = true;
			return screen_pass(SCREEN_LINE - 1); /* the last octet may be a CR */
		}
	}
	return screen_shut(STLS_FAULT_TOO_LONG, "* BYE Line too long\r\n");
}

static struct screen_step client_line(struct screen *screen, const char *bytes, size_t count)
{
	struct imap *imap = screen->own;
	size_t length = 0;
	enum screen_line line = screen_client_line(bytes, count, &length);

	if (line == LINE_LONG)
		return long_line(screen, bytes);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, NULL,
		                        "* BYE Lines end in CR LF, and nothing else\r\n");
	if (imap->dropping) {
		drop_rest(imap, bytes, length);
		return screen_drop(length);
	}
	return imap->turn == TURN_COMMAND ? command(screen, bytes, length)
	                                  : forward(screen, bytes, length);
}

/* ---- what is not commands ---- */

static struct screen_step response(struct imap *imap, const char *bytes, size_t count)
{
	size_t length;
	enum screen_line line = screen_response(bytes, count, &length);

	if (line == LINE_BARE)
		return screen_shut(STLS_FAULT_SYNTAX, "* BYE This is not base64\r\n");
	if (line == LINE_WHOLE)
		imap->turn = imap->then;
	else if (length > 0)
		imap->begun = true;
	return screen_pass(length);
}

struct screen_step imap_literal(struct imap *imap, enum screen_side side, size_t count)
{
	size_t take = count < imap->literal[side] ? count : imap->literal[side];

	imap->literal[side] -= take;
	return side == SCREEN_CLIENT && imap->dropping ? screen_drop(take) : screen_pass(take);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct imap *imap = screen->own;

	if (imap->literal[SCREEN_CLIENT] > 0)
		return imap_literal(imap, SCREEN_CLIENT, count);
	switch (imap->turn) {
	case TURN_COMMAND:
	case TURN_REST: return client_line(screen, bytes, count);
	case TURN_RESPONSE: return response(imap, bytes, count);
	case TURN_CONSENT:
	case TURN_SERVICE: break;
	}
	return screen_hold();
}

const struct screen_kind screen_imap = {.own_size = sizeof(struct imap),
                                        .with_size = IMAP_WITH,
                                        .from_client = from_client,
                                        .from_service = imap_reply};

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_imap.h"

/* The service consents to a literal, or challenges (RFC 9051 section 7.6).  Who
 * has not asked for consent does not hear it. */
static struct screen_step continued(struct imap *imap, size_t length)
{
	if (imap->turn == TURN_CONSENT) {
		imap->literal[SCREEN_CLIENT] = imap->offered;
		imap->turn = TURN_REST;
		return imap->unasked ? screen_drop(length) : screen_pass(length);
	}
	if (imap->authenticate && imap->turn == TURN_RESPONSE && imap->begun) {
		imap->then = TURN_RESPONSE;
	} else if (imap->authenticate) {
		imap->turn = TURN_RESPONSE;
		imap->then = TURN_SERVICE;
		imap->begun = false;
	}
	return screen_pass(length);
}

/* The command is over, perhaps before the client has said all of it. */
static void answered(struct screen *screen, const char *status)
{
	struct imap *imap = screen->own;
	const char *rest;

	if (imap->login && word_begins(status, "OK", &rest))
		screen->over = true;
	imap->login = imap->authenticate = false;
	if (imap->turn == TURN_RESPONSE && imap->begun) {
		imap->then = TURN_COMMAND;
		return;
	}
	imap->dropping = imap->turn == TURN_CONSENT && imap->unasked;
	if (imap->dropping)
		imap->literal[SCREEN_CLIENT] = imap->offered;
	imap->turn = TURN_COMMAND;
}

/* Whether a line answers the command that the service has now. */
static bool is_answer(const struct imap *imap, const char *line)
{
	size_t length = strlen(imap->tag);

	return imap->turn != TURN_COMMAND && strncmp(line, imap->tag, length) == 0 &&
	       line[length] == ' ';
}

/* Data may hold literals; what is for humans may only look like it. */
static bool is_data(const char *line)
{
	static const char *const others[] = {"OK",      "NO",         "BAD", "BYE",
	                                     "PREAUTH", "CAPABILITY", NULL};

	return text_begins(line, "* ") && !word_one_of(line + 2, others);
}

static struct screen_step reply_line(struct screen *screen, const char *bytes, size_t length)
{
	struct imap *imap = screen->own;
	struct screen_text line;
	const char *rest;
	bool waits;

	screen_copy(&line, bytes, length);
	if (imap->tail || is_data(line.text)) {
		imap->tail = screen_literal(bytes, length, &imap->literal[SCREEN_SERVICE], &waits);
		return screen_pass(length);
	}
	if (line.text[0] == '+')
		return continued(imap, length);
	if (is_answer(imap, line.text))
		answered(screen, line.text + strlen(imap->tag) + 1);
	/* PREAUTH: somebody is logged in, as the service's operator has it. */
	if (text_begins(line.text, "* ") && word_begins(line.text + 2, "PREAUTH", &rest))
		screen->over = true;
	return imap_list(screen, bytes, length);
}

struct screen_step imap_reply(struct screen *screen, const char *bytes, size_t count)
{
	struct imap *imap = screen->own;
	enum screen_line line;
	size_t length = 0;

	if (imap->literal[SCREEN_SERVICE] > 0)
		return imap_literal(imap, SCREEN_SERVICE, count);
	line = screen_service_line(bytes, count, &length);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, "* BYE Line too long\r\n", NULL);
	return reply_line(screen, bytes, length);
}

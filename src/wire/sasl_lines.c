/* SPDX-License-Identifier: ISC */
/* SASL in the protocols of lines: SMTP, IMAP, POP3. */
#include <string.h>

#include "wire/lines.h"
#include "wire/sasl_kind.h"

/* A line at a time, so that nothing behind the answer to a step is taken. */
size_t sasl_feed_lines(struct sasl *sasl, const char *bytes, size_t count,
                       void (*hear)(struct sasl *, const char *line))
{
	const char *end = memchr(bytes, '\n', count);
	size_t taken = end != NULL ? (size_t)(end - bytes) + 1 : count;

	if (taken >= sizeof(sasl->line) - sasl->line_length) {
		sasl->next = SASL_FAILED;
		return count;
	}
	memcpy(sasl->line + sasl->line_length, bytes, taken);
	sasl->line_length += taken;
	if (end == NULL)
		return taken;
	sasl->line_length--;
	if (sasl->line_length > 0 && sasl->line[sasl->line_length - 1] == '\r')
		sasl->line_length--;
	sasl->line[sasl->line_length] = '\0';
	sasl->line_length = 0;
	hear(sasl, sasl->line);
	return taken;
}

/* An empty response is an empty line, an empty initial response "=" (RFC 4954
 * section 4, RFC 4959 section 3, RFC 5034 section 4). */
static const char *initial_word(const char *initial)
{
	return *initial != '\0' ? initial : "=";
}

static void begin(struct sasl *sasl, const char *command, const char *mechanism,
                  const char *initial)
{
	sasl_say(sasl, command, mechanism, NULL);
	if (initial != NULL)
		sasl_say(sasl, " ", initial_word(initial), NULL);
	sasl_say(sasl, "\r\n", NULL);
}

static void respond(struct sasl *sasl, const char *response)
{
	sasl_say(sasl, response, "\r\n", NULL);
}

static void give_up(struct sasl *sasl)
{
	sasl_say(sasl, "*\r\n", NULL);
}

/* ---- SMTP ---- */

static void smtp_begin(struct sasl *sasl, const char *mechanism, const char *initial)
{
	begin(sasl, "AUTH ", mechanism, initial);
}

static void smtp_hear(struct sasl *sasl, const char *line)
{
	const char *text;
	bool last;
	unsigned code = reply_code(line, &last, &text);

	if (code == 0)
		sasl->next = SASL_FAILED;
	else if (!last)
		return;
	else if (code == 334)
		sasl_challenged(sasl, text);
	else if (code == 235)
		sasl_granted(sasl, "");
	else if (code >= 400)
		sasl_denied(sasl, line);
	else
		sasl->next = SASL_FAILED;
}

static size_t smtp_feed(struct sasl *sasl, const char *bytes, size_t count)
{
	return sasl_feed_lines(sasl, bytes, count, smtp_hear);
}

const struct sasl_kind sasl_smtp = {
    .initial_limit = 450, /* a command line has 512 octets: RFC 5321 section 4.5.3.1.4 */
    .begin = smtp_begin,
    .respond = respond,
    .give_up = give_up,
    .feed = smtp_feed,
};

/* ---- IMAP ---- */

#define IMAP_TAG "login"

static void imap_begin(struct sasl *sasl, const char *mechanism, const char *initial)
{
	begin(sasl, IMAP_TAG " AUTHENTICATE ", mechanism, initial);
}

static void imap_hear(struct sasl *sasl, const char *line)
{
	const char *rest;

	if (line[0] == '*' && line[1] == ' ') {
		if (word_begins(line + 2, "BYE", &rest))
			sasl_denied(sasl, line);
	} else if (line[0] == '+') {
		sasl_challenged(sasl, line[1] == ' ' ? line + 2 : line + 1);
	} else if (!word_begins(line, IMAP_TAG, &rest)) {
		sasl->next = SASL_FAILED;
	} else if (word_begins(rest, "OK", &rest)) {
		sasl_granted(sasl, "");
	} else {
		sasl_denied(sasl, line + strlen(IMAP_TAG " "));
	}
}

static size_t imap_feed(struct sasl *sasl, const char *bytes, size_t count)
{
	return sasl_feed_lines(sasl, bytes, count, imap_hear);
}

const struct sasl_kind sasl_imap = {
    .initial_limit = SASL_LINE / 2,
    .begin = imap_begin,
    .respond = respond,
    .give_up = give_up,
    .feed = imap_feed,
};

/* ---- POP3 ---- */

static void pop3_begin(struct sasl *sasl, const char *mechanism, const char *initial)
{
	begin(sasl, "AUTH ", mechanism, initial);
}

static void pop3_hear(struct sasl *sasl, const char *line)
{
	const char *rest;

	if (word_begins(line, "+OK", &rest))
		sasl_granted(sasl, "");
	else if (word_begins(line, "-ERR", &rest))
		sasl_denied(sasl, line);
	else if (line[0] == '+')
		sasl_challenged(sasl, line[1] == ' ' ? line + 2 : line + 1);
	else
		sasl->next = SASL_FAILED;
}

static size_t pop3_feed(struct sasl *sasl, const char *bytes, size_t count)
{
	return sasl_feed_lines(sasl, bytes, count, pop3_hear);
}

const struct sasl_kind sasl_pop3 = {
    .initial_limit = 200, /* a command has 255 octets: RFC 2449 section 4 */
    .begin = pop3_begin,
    .respond = respond,
    .give_up = give_up,
    .feed = pop3_feed,
};

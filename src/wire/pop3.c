/* SPDX-License-Identifier: ISC */
/* The words of POP3 (RFC 1939, RFC 2449, RFC 2595 section 4). */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"

/* ---- client ---- */

static void say(struct stls_dialogue *d, enum step step)
{
	switch (step) {
	case STEP_LIST: dialogue_say(d, "CAPA\r\n", NULL); break;
	case STEP_ASK: dialogue_say(d, "STLS\r\n", NULL); break;
	case STEP_TELL: client_say_xclient(d); break;
	case STEP_GREETING:
	case STEP_LIST_AGAIN:
	case STEP_LIST_TOLD: break;
	}
}

/* POP-S-04: the indicators are upper case, and whole words. */
static enum heard status(const char *line)
{
	if (strncmp(line, "+OK", 3) == 0 && (line[3] == ' ' || line[3] == '\0'))
		return HEARD_YES;
	if (strncmp(line, "-ERR", 4) != 0 || (line[4] != ' ' && line[4] != '\0'))
		return HEARD_NONSENSE;
	/* RFC 3206 */
	return strstr(line, "[SYS/TEMP]") != NULL ? HEARD_NOT_NOW : HEARD_NO;
}

/* RFC 2449 section 5: the list ends with a dot, and is dot-stuffed. */
static enum heard list_line(struct stls_dialogue *d, struct unit unit)
{
	size_t stuffed = unit.text[0] == '.';
	const char *rest;

	if (strcmp(unit.text, ".") == 0)
		return HEARD_YES;
	if (word_begins(unit.text, "STLS", &rest))
		d->offered = true;
	if (word_begins(unit.text, "XCLIENT", &rest))
		d->told = true;
	dialogue_note(d, unit.text + stuffed, unit.length - stuffed);
	return HEARD_MORE;
}

static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	enum heard heard;

	if (step == STEP_LIST && d->units > 1)
		return list_line(d, unit);
	heard = status(unit.text);
	/* Dovecot says it in its greeting, and only to those whom it trusts.  After
	 * STLS there is none: the answer to XCLIENT itself will tell. */
	if ((step == STEP_GREETING && strstr(unit.text, "[XCLIENT]") != NULL) ||
	    (step == STEP_LIST && d->spec.layer == STLS_AFTER_STARTTLS))
		d->told = true;
	return step == STEP_LIST && heard == HEARD_YES ? HEARD_MORE : heard;
}

/* ---- server ---- */

static void greet(struct stls_dialogue *d)
{
	/* POP-C-03: no timestamp, so no APOP, whose challenge would be plaintext's. */
	dialogue_say(d, "+OK ", dialogue_name(d), " POP3 ready\r\n", NULL);
}

static bool is_hidden(const char *offer)
{
	static const char *const hidden[] = {"STLS", "USER", "SASL", "XCLIENT", "APOP", NULL};

	return word_one_of(offer, hidden);
}

static void say_list(struct stls_dialogue *d)
{
	static const char *const modest[] = {"TOP", "UIDL", "RESP-CODES", NULL};

	dialogue_say(d, "+OK Capability list follows\r\n", NULL);
	server_say_offers(d, modest, is_hidden, "", "\r\n");
	dialogue_say(d, "STLS\r\n.\r\n", NULL);
}

static enum asked answer(struct stls_dialogue *d, struct unit unit)
{
	static const char *const secret[] = {"USER", "PASS", "APOP", "AUTH", "XCLIENT", NULL};
	const char *rest;

	if (word_begins(unit.text, "CAPA", &rest)) {
		say_list(d);
		return ASKED_ANSWERED;
	}
	if (word_begins(unit.text, "STLS", &rest))
		return server_upgrade(d, rest, "+OK Begin TLS negotiation\r\n",
		                      "-ERR STLS takes no arguments\r\n");
	if (word_begins(unit.text, "QUIT", &rest)) {
		dialogue_say(d, "+OK Bye\r\n", NULL);
		return ASKED_LEAVE;
	}
	return word_one_of(unit.text, secret) ? ASKED_SECRET : ASKED_OTHER;
}

static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	(void)what, (void)unit;
	dialogue_say(d, "-ERR Must use STLS first\r\n", NULL);
}

static size_t farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	int n = snprintf(buf, size, "-ERR [SYS/TEMP] %s: %s\r\n", name, stls_fault_sentence(why));

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

const struct vocabulary pop3_words = {
    .name = "pop3",
    .alpn = "pop3",
    .port = 110,
    .tls_port = 995,
    .take = lines_take,
    .terminator = "\r\n",
    .unit_size = 1024, /* POP-S-05: 512 */
    .too_long = "-ERR Line too long\r\n",
    .greets = true,
    .lists = true,
    .asks_unlisted = true,
    .say = say,
    .hear = hear,
    .tells = true,
    .greet = greet,
    .answer = answer,
    .refuse = refuse,
    .farewell = farewell,
};

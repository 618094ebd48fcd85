/* SPDX-License-Identifier: ISC */
/* The words of NNTP (RFC 3977, RFC 4642). */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"

/* ---- client ---- */

static void say(struct stls_dialogue *d, enum step step)
{
	if (step == STEP_LIST)
		dialogue_say(d, "CAPABILITIES\r\n", NULL);
	if (step == STEP_ASK)
		dialogue_say(d, "STARTTLS\r\n", NULL);
}

static enum heard list_line(struct stls_dialogue *d, struct unit unit)
{
	size_t stuffed = unit.text[0] == '.';
	const char *rest;

	if (strcmp(unit.text, ".") == 0)
		return HEARD_YES;
	if (word_begins(unit.text, "STARTTLS", &rest))
		d->offered = true;
	dialogue_note(d, unit.text + stuffed, unit.length - stuffed);
	return HEARD_MORE;
}

/* RFC 3977 section 3.2.1; NNTP-S-01 */
static enum heard refusal(unsigned code)
{
	switch (code) {
	case 400: return HEARD_BYE;
	case 500: return HEARD_UNKNOWN;
	case 580: return HEARD_NOT_NOW;
	default: return code / 100 == 4 || code / 100 == 5 ? HEARD_NO : HEARD_NONSENSE;
	}
}

static enum heard hear_greeting(unsigned code)
{
	if (code == 200 || code == 201)
		return HEARD_YES;
	return code == 400 || code == 502 ? HEARD_UNWELCOME : HEARD_NONSENSE;
}

static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	const char *text;
	bool last;
	unsigned code;

	if (step == STEP_LIST && d->units > 1)
		return list_line(d, unit);
	code = reply_code(unit.text, &last, &text);
	if (code == 0 || !last)
		return HEARD_NONSENSE;
	if (step == STEP_GREETING)
		return hear_greeting(code);
	if (step == STEP_LIST && code == 101)
		return HEARD_MORE;
	if (step == STEP_ASK && code == 382)
		return HEARD_YES;
	return refusal(code);
}

/* ---- server ---- */

static void greet(struct stls_dialogue *d)
{
	dialogue_say(d, "200 ", dialogue_name(d), " ready\r\n", NULL);
}

static bool is_hidden(const char *offer)
{
	static const char *const hidden[] = {"STARTTLS", "AUTHINFO", "SASL", NULL};

	return word_one_of(offer, hidden);
}

static const char *const modest[] = {"VERSION 2", "READER", NULL};

static void say_list(struct stls_dialogue *d)
{
	dialogue_say(d, "101 Capability list:\r\n", NULL);
	server_say_offers(d, modest, is_hidden, "", "\r\n");
	dialogue_say(d, "STARTTLS\r\n.\r\n", NULL);
}

/* Whether the service is for readers without switching to it; then MODE READER
 * changes nothing (RFC 3977 section 5.3.2), so that the service need not hear it. */
static bool is_for_readers(const struct stls_dialogue *d)
{
	const char *rest;

	for (const char *const *offer = server_offers(d, modest); *offer != NULL; offer++)
		if (word_begins(*offer, "READER", &rest))
			return true;
	return false;
}

/* NNTP-C-01: clients say it before STARTTLS, because they may not behind it. */
static enum asked mode(struct stls_dialogue *d, const char *what)
{
	if (!word_is(what, strlen(what), "READER") || !is_for_readers(d))
		return ASKED_OTHER;
	dialogue_say(d, "200 ", dialogue_name(d), " ready\r\n", NULL);
	return ASKED_ANSWERED;
}

static enum asked answer(struct stls_dialogue *d, struct unit unit)
{
	const char *rest;

	if (word_begins(unit.text, "CAPABILITIES", &rest)) {
		say_list(d);
		return ASKED_ANSWERED;
	}
	if (word_begins(unit.text, "STARTTLS", &rest))
		return server_upgrade(d, rest, "382 Continue with TLS negotiation\r\n",
		                      "501 STARTTLS takes no arguments\r\n");
	if (word_begins(unit.text, "MODE", &rest))
		return mode(d, rest);
	if (word_begins(unit.text, "QUIT", &rest)) {
		dialogue_say(d, "205 Bye\r\n", NULL);
		return ASKED_LEAVE;
	}
	return word_begins(unit.text, "AUTHINFO", &rest) ? ASKED_SECRET : ASKED_OTHER;
}

/* NNTP-S-03 */
static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	(void)what, (void)unit;
	dialogue_say(d, "483 Encryption or stronger authentication required\r\n", NULL);
}

static size_t farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	int n = snprintf(buf, size, "400 %s: %s\r\n", name, stls_fault_sentence(why));

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

const struct vocabulary nntp_words = {
    .name = "nntp",
    .alpn = "nntp",
    .port = 119,
    .tls_port = 563,
    .take = lines_take,
    .terminator = "\r\n",
    .unit_size = 1024, /* NNTP-X-02: 512 */
    .too_long = "501 Line too long\r\n",
    .greets = true,
    .lists = true,
    .asks_unlisted = true,
    .undeterred = true, /* NNTP-C-02 */
    .say = say,
    .hear = hear,
    .greet = greet,
    .answer = answer,
    .refuse = refuse,
    .farewell = farewell,
};

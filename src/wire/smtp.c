/* SPDX-License-Identifier: ISC */
/* The words of SMTP (RFC 5321, RFC 3207) and LMTP (RFC 2033). */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"

static bool is_lmtp(const struct stls_dialogue *d)
{
	return d->spec.protocol == STLS_LMTP;
}

/* ---- client ---- */

/* XCLIENT_README: an address is told as it is, an IPv6 one with a prefix. */
static const char *address_prefix(const char *address)
{
	return strchr(address, ':') != NULL ? "IPV6:" : "";
}

static void say_xclient(struct stls_dialogue *d)
{
	char port[32], to_port[32];

	snprintf(port, sizeof(port), " PORT=%u", d->spec.client_port);
	snprintf(to_port, sizeof(to_port), " DESTPORT=%u", d->spec.server_port);
	/* DESTADDR and DESTPORT came later: only what was announced is said. */
	dialogue_say(d, "XCLIENT", port, NULL);
	if (d->told_more)
		dialogue_say(d, to_port, " DESTADDR=", address_prefix(d->spec.server),
		             d->spec.server, NULL);
	dialogue_say(d, " ADDR=", address_prefix(d->spec.client), d->spec.client, "\r\n", NULL);
}

static void say(struct stls_dialogue *d, enum step step)
{
	switch (step) {
	case STEP_GREETING: break;
	case STEP_LIST:
		dialogue_say(d, is_lmtp(d) ? "LHLO " : "EHLO ", dialogue_name(d), "\r\n", NULL);
		break;
	case STEP_LIST_AGAIN: dialogue_say(d, "HELO ", dialogue_name(d), "\r\n", NULL); break;
	case STEP_ASK: dialogue_say(d, "STARTTLS\r\n", NULL); break;
	case STEP_TELL: say_xclient(d); break;
	case STEP_LIST_TOLD: break;
	}
}

/* SMTP-C-09: keywords are whole words, without case; the first line of the
 * reply to EHLO is the server's name and no keyword. */
static void hear_keyword(struct stls_dialogue *d, const char *text)
{
	const char *rest;

	if (d->units == 1)
		return;
	if (word_begins(text, "STARTTLS", &rest))
		d->offered = true;
	if (word_begins(text, "XCLIENT", &rest)) {
		d->told = true;
		d->told_more = strstr(rest, "DESTADDR") != NULL && strstr(rest, "DESTPORT") != NULL;
	}
	dialogue_note(d, text, strlen(text));
}

/* What a complete reply means.  SMTP-R-02: by its first digit. */
static enum heard meaning(enum step step, unsigned code)
{
	if (code == 421)
		return step == STEP_GREETING ? HEARD_UNWELCOME : HEARD_BYE;
	switch (code / 100) {
	case 2: return HEARD_YES;
	case 4: return HEARD_NOT_NOW;
	case 5: return code == 500 || code == 502 ? HEARD_UNKNOWN : HEARD_NO;
	default: return HEARD_NONSENSE;
	}
}

/* RFC 3207 section 4 has one answer that means go on, and it is 220; RFC 5321
 * section 3.1 has one greeting that means welcome, and section 4.1.1.1 one answer
 * to EHLO: a reply of another kind was meant for something else. */
static bool is_exact(enum step step, unsigned code)
{
	if (code / 100 != 2)
		return true;
	switch (step) {
	case STEP_GREETING:
	case STEP_ASK: return code == 220;
	case STEP_LIST:
	case STEP_LIST_AGAIN: return code == 250;
	case STEP_TELL:
	case STEP_LIST_TOLD: break;
	}
	return true;
}

static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	const char *text;
	bool last;
	unsigned code = reply_code(unit.text, &last, &text);

	/* SMTP-R-01: every line of a reply has the same code. */
	if (code < 200 || code > 599 || (d->units > 1 && code != d->code) || !is_exact(step, code))
		return HEARD_NONSENSE;
	d->code = code;
	if (step == STEP_LIST && code == 250)
		hear_keyword(d, text);
	return last ? meaning(step, code) : HEARD_MORE;
}

/* ---- server ---- */

static void greet(struct stls_dialogue *d)
{
	dialogue_say(d, "220 ", dialogue_name(d), is_lmtp(d) ? " LMTP\r\n" : " ESMTP\r\n", NULL);
}

/* Not in plaintext (AUTH), not from a client (XC-07), or ours to say (STARTTLS). */
static bool is_hidden(const char *offer)
{
	static const char *const hidden[] = {"STARTTLS", "AUTH",       "XCLIENT",
	                                     "XFORWARD", "REQUIRETLS", NULL};

	return word_one_of(offer, hidden) || text_begins(offer, "AUTH=");
}

static void say_list(struct stls_dialogue *d)
{
	static const char *const modest[] = {"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", NULL};

	dialogue_say(d, "250-", dialogue_name(d), "\r\n", NULL);
	server_say_offers(d, modest, is_hidden, "250-", "\r\n");
	dialogue_say(d, "250 STARTTLS\r\n", NULL);
}

static enum asked greeted(struct stls_dialogue *d, const char *name)
{
	if (*name == '\0') {
		dialogue_say(d, "501 5.5.4 Say who you are\r\n", NULL);
		return ASKED_ANSWERED;
	}
	dialogue_note_helo(d, name, word_length(name));
	say_list(d);
	return ASKED_ANSWERED;
}

/* HELO opens a session without extensions, so also without TLS. */
static enum asked greeted_plainly(struct stls_dialogue *d, const char *name)
{
	if (d->spec.demand == STLS_REQUIRED || *name == '\0')
		return ASKED_OTHER;
	dialogue_note_helo(d, name, word_length(name));
	dialogue_say(d, "250 ", dialogue_name(d), "\r\n", NULL);
	return ASKED_ANSWERED;
}

static enum asked upgrade(struct stls_dialogue *d, const char *arguments)
{
	if (d->helo[0] == '\0') {
		dialogue_say(d, "503 5.5.1 Say ", is_lmtp(d) ? "LHLO" : "EHLO", " first\r\n", NULL);
		return ASKED_ANSWERED;
	}
	return server_upgrade(d, arguments, "220 2.0.0 Ready to start TLS\r\n",
	                      "501 5.5.4 Syntax error (no parameters allowed)\r\n");
}

/* LMTP-02: the greetings of SMTP are unknown in LMTP, and the other way round. */
static enum asked answer_greeting(struct stls_dialogue *d, struct unit unit, bool *known)
{
	static const char *const greetings[] = {"LHLO", "EHLO", "HELO", NULL};
	const char *rest;

	*known = true;
	if (word_begins(unit.text, is_lmtp(d) ? "LHLO" : "EHLO", &rest))
		return greeted(d, rest);
	if (!is_lmtp(d) && word_begins(unit.text, "HELO", &rest))
		return greeted_plainly(d, rest);
	if (word_one_of(unit.text, greetings)) {
		dialogue_say(d, "500 5.5.1 Command unrecognized\r\n", NULL);
		return ASKED_ANSWERED;
	}
	*known = false;
	return ASKED_OTHER;
}

static enum asked answer(struct stls_dialogue *d, struct unit unit)
{
	static const char *const secret[] = {"AUTH", "XCLIENT", "XFORWARD", NULL};
	const char *rest;
	bool known;
	enum asked asked = answer_greeting(d, unit, &known);

	if (known)
		return asked;
	if (word_begins(unit.text, "STARTTLS", &rest))
		return upgrade(d, rest);
	if (word_begins(unit.text, "NOOP", &rest)) {
		dialogue_say(d, "250 2.0.0 OK\r\n", NULL);
		return ASKED_ANSWERED;
	}
	if (word_begins(unit.text, "QUIT", &rest)) {
		dialogue_say(d, "221 2.0.0 Bye\r\n", NULL);
		return ASKED_LEAVE;
	}
	return word_one_of(unit.text, secret) ? ASKED_SECRET : ASKED_OTHER;
}

/* SMTP-S-12; AUTH-05: whether a secret was right is never told here. */
static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	const char *rest;

	if (what == ASKED_SECRET && !word_begins(unit.text, "AUTH", &rest))
		dialogue_say(d, "502 5.5.1 Command not implemented\r\n", NULL);
	else
		dialogue_say(d, "530 5.7.0 Must issue a STARTTLS command first\r\n", NULL);
}

static const char *farewell_reply(enum stls_fault why)
{
	switch (why) {
	case STLS_FAULT_SYNTAX: return "500 5.5.2 Lines end in CR LF, and nothing else\r\n";
	case STLS_FAULT_TOO_LONG: return "500 5.5.2 Line too long\r\n";
	case STLS_FAULT_SMUGGLED: return "521 5.5.2 Bare CR or LF in the end of data\r\n";
	case STLS_FAULT_PLAINTEXT_REFUSED:
		return "421 4.7.0 Too many commands without STARTTLS\r\n";
	case STLS_FAULT_TIMEOUT: return "421 4.4.2 Timeout\r\n";
	case STLS_FAULT_TOO_MANY:
		return "421 4.7.0 Too many connections from your address, try again later\r\n";
	case STLS_FAULT_SHUTDOWN: return "421 4.3.2 Shutting down, try again later\r\n";
	default: return "421 4.3.2 Service not available, try again later\r\n";
	}
}

static size_t farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	const char *reply = farewell_reply(why);
	size_t length = strlen(reply);

	(void)name;
	if (length > size)
		return 0;
	memcpy(buf, reply, length);
	return length;
}

/* RFC 5321 section 4.5.3.1 allows 512 octets; extensions and real servers more. */
#define SMTP_LINE 2048

/* What the two have in common. */
#define SMTP_WORDS                                                                                 \
	.take = lines_take, .terminator = "\r\n", .unit_size = SMTP_LINE,                          \
	.too_long = "500 5.5.2 Line too long\r\n", .greets = true, .lists = true, .say = say,      \
	.hear = hear, .tells = true, .greet = greet, .answer = answer, .refuse = refuse,           \
	.farewell = farewell

const struct vocabulary smtp_words = {
    .name = "smtp",
    .port = 25,
    .tls_port = 465,
    .lists_again = true, /* HELO */
    SMTP_WORDS,
};

const struct vocabulary lmtp_words = {.name = "lmtp", .port = 24, SMTP_WORDS};

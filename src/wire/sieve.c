/* SPDX-License-Identifier: ISC */
/* The words of ManageSieve (RFC 5804). */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"

/* ---- client ---- */

static void say(struct stls_dialogue *d, enum step step)
{
	switch (step) {
	case STEP_LIST: dialogue_say(d, "CAPABILITY\r\n", NULL); break;
	case STEP_ASK: dialogue_say(d, "STARTTLS\r\n", NULL); break;
	case STEP_TELL: client_say_xclient(d); break;
	case STEP_GREETING:
	case STEP_LIST_AGAIN:
	case STEP_LIST_TOLD: break;
	}
}

/* Whether a line begins with the word, bare or behind it a space or a "(". */
static bool is_reply(const char *line, const char *word)
{
	size_t length = strcspn(line, " (");

	return word_is(line, length, word);
}

static void hear_capability(struct stls_dialogue *d, struct unit unit)
{
	if (text_begins(unit.text, "\"STARTTLS\""))
		d->offered = true;
	if (text_begins(unit.text, "\"XCLIENT\""))
		d->told = true;
	/* What held a literal cannot be told whole. */
	if (!d->after_literal)
		dialogue_note(d, unit.text, unit.length);
}

/* "NO (TRYLATER) ..." */
static enum heard refusal(const char *line)
{
	line += strcspn(line, " (");
	return text_begins(line + strspn(line, " "), "(TRYLATER") ? HEARD_NOT_NOW : HEARD_NO;
}

/* SIEVE-X-01: keywords without case; the text behind may be a literal. */
static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	if (is_reply(unit.text, "OK"))
		return HEARD_YES;
	if (is_reply(unit.text, "NO"))
		return step == STEP_GREETING ? HEARD_UNWELCOME : refusal(unit.text);
	if (is_reply(unit.text, "BYE"))
		return step == STEP_GREETING ? HEARD_UNWELCOME : HEARD_BYE;
	if (step == STEP_ASK || step == STEP_TELL)
		return HEARD_NONSENSE;
	/* A name that is a literal is none that we know: literals are thrown away. */
	if (unit.text[0] == '{' && d->after_literal)
		return HEARD_MORE;
	if (unit.text[0] != '"')
		return HEARD_NONSENSE;
	hear_capability(d, unit);
	return HEARD_MORE;
}

/* ---- server ---- */

static bool is_hidden(const char *offer)
{
	return text_begins(offer, "\"STARTTLS\"") || text_begins(offer, "\"SASL\"") ||
	       text_begins(offer, "\"XCLIENT\"");
}

/* SIEVE-S-03: the list of mechanisms may be empty only while STARTTLS is there. */
static void say_list(struct stls_dialogue *d)
{
	static const char *const modest[] = {"\"IMPLEMENTATION\" \"starttls\"",
	                                     "\"SIEVE\" \"fileinto\"", "\"VERSION\" \"1.0\"", NULL};

	server_say_offers(d, modest, is_hidden, "", "\r\n");
	dialogue_say(d, "\"SASL\" \"\"\r\n\"STARTTLS\"\r\nOK\r\n", NULL);
}

static bool is_quoted(const char *text)
{
	size_t length = strlen(text);

	if (length < 2 || length > 1024 || *text != '"')
		return false;
	for (text++; *text != '"' && *text != '\0'; text++)
		if (*text == '\\' && *++text == '\0')
			return false;
	return text[0] == '"' && text[1] == '\0';
}

/* RFC 5804 section 2.13: what is said with NOOP comes back as a tag. */
static enum asked echo(struct stls_dialogue *d, const char *text)
{
	if (*text == '\0')
		dialogue_say(d, "OK \"done\"\r\n", NULL);
	else if (is_quoted(text) && !d->after_literal)
		dialogue_say(d, "OK (TAG ", text, ") \"done\"\r\n", NULL);
	else
		dialogue_say(d, "NO \"Say it as a quoted string\"\r\n", NULL);
	return ASKED_ANSWERED;
}

static enum asked answer(struct stls_dialogue *d, struct unit unit)
{
	const char *rest;

	if (word_begins(unit.text, "STARTTLS", &rest))
		return server_upgrade(d, rest, "OK \"Begin TLS negotiation now\"\r\n",
		                      "NO \"STARTTLS takes no arguments\"\r\n");
	if (word_begins(unit.text, "CAPABILITY", &rest)) {
		say_list(d);
		return ASKED_ANSWERED;
	}
	if (word_begins(unit.text, "NOOP", &rest))
		return echo(d, rest);
	if (word_begins(unit.text, "LOGOUT", &rest)) {
		dialogue_say(d, "OK \"Bye\"\r\n", NULL);
		return ASKED_LEAVE;
	}
	/* XC-07: XCLIENT is not for clients. */
	if (word_begins(unit.text, "AUTHENTICATE", &rest) ||
	    word_begins(unit.text, "XCLIENT", &rest))
		return ASKED_SECRET;
	return ASKED_OTHER;
}

/* SIEVE-S-05 */
static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	(void)what, (void)unit;
	dialogue_say(d, "NO (ENCRYPT-NEEDED) \"Use STARTTLS first\"\r\n", NULL);
}

static size_t farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	int n =
	    snprintf(buf, size, "BYE (TRYLATER) \"%s: %s\"\r\n", name, stls_fault_sentence(why));

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

const struct vocabulary sieve_words = {
    .name = "sieve",
    .alpn = "managesieve",
    .port = 4190,
    .take = literal_lines_take,
    .terminator = "\r\n",
    .unit_size = 4096,
    .greets = true,
    .greets_inside = true,
    .greeting_lists = true,
    .lists = true,
    .say = say,
    .hear = hear,
    .tells = true,
    .greet = say_list,
    .answer = answer,
    .refuse = refuse,
    .farewell = farewell,
};

/* SPDX-License-Identifier: ISC */
/* The words of IMAP (RFC 9051 and RFC 3501, section 6.2.1 of both). */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"

/* Before a client has said its command only what is untagged may come. */
static size_t take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	if (d->spec.role == STLS_CLIENT && d->in_length == 0 && stls_need(d) == STLS_OUT &&
	    bytes[0] != '*') {
		dialogue_fail(d, STLS_FAULT_EARLY);
		return count;
	}
	return literal_lines_take(d, bytes, count, cut);
}

/* ---- client ---- */

/* Our tags, one a step; a reply with a tag that we have not used yet was made
 * up before we asked. */
static const char *tag_of(enum step step)
{
	switch (step) {
	case STEP_LIST: return "a1";
	case STEP_ASK: return "a2";
	case STEP_TELL: return "a3";
	default: return "";
	}
}

/* IMID-02: what Dovecot and others believe from a gateway. */
static void say_id(struct stls_dialogue *d)
{
	char port[64], to_port[64];

	snprintf(port, sizeof(port), "\" \"x-originating-port\" \"%u", d->spec.client_port);
	snprintf(to_port, sizeof(to_port), "\" \"x-connected-port\" \"%u", d->spec.server_port);
	dialogue_say(d, "a3 ID (\"x-originating-ip\" \"", d->spec.client, port,
	             "\" \"x-connected-ip\" \"", d->spec.server, to_port, "\")\r\n", NULL);
}

static void say(struct stls_dialogue *d, enum step step)
{
	switch (step) {
	case STEP_LIST: dialogue_say(d, "a1 CAPABILITY\r\n", NULL); break;
	case STEP_ASK: dialogue_say(d, "a2 STARTTLS\r\n", NULL); break;
	case STEP_TELL: say_id(d); break;
	case STEP_GREETING:
	case STEP_LIST_AGAIN:
	case STEP_LIST_TOLD: break;
	}
}

/* The capabilities from a list up to its end, which may be a bracket. */
static void hear_list(struct stls_dialogue *d, const char *at)
{
	d->listed = true;
	d->offered = d->told = false;
	d->list_length = 0;
	while (*at != '\0' && *at != ']') {
		size_t length = strcspn(at, " ]");

		if (word_is(at, length, "STARTTLS"))
			d->offered = true;
		if (word_is(at, length, "ID"))
			d->told = true;
		if (length > 0)
			dialogue_note(d, at, length);
		at += length + (at[length] == ' ');
	}
}

/* "[CAPABILITY ...] ..." */
static void hear_code(struct stls_dialogue *d, const char *text)
{
	static const char code[] = "[CAPABILITY ";

	if (text_begins(text, code))
		hear_list(d, text + sizeof(code) - 1);
}

static enum heard hear_greeting(struct stls_dialogue *d, const char *text)
{
	const char *rest;

	if (word_begins(text, "OK", &rest)) {
		hear_code(d, rest);
		return HEARD_YES;
	}
	if (word_begins(text, "PREAUTH", &rest))
		return HEARD_PREAUTH;
	return word_begins(text, "BYE", &rest) ? HEARD_UNWELCOME : HEARD_NONSENSE;
}

/* IMAP-C-04, IMAP-C-05: of what is untagged only the list and the end matter. */
static enum heard hear_untagged(struct stls_dialogue *d, enum step step, const char *text)
{
	const char *rest;

	if (word_begins(text, "BYE", &rest))
		return HEARD_BYE;
	if (step == STEP_LIST && word_begins(text, "CAPABILITY", &rest))
		hear_list(d, rest);
	return HEARD_MORE;
}

static enum heard hear_status(struct stls_dialogue *d, enum step step, const char *text)
{
	const char *rest;

	/* Its text holds no literal (RFC 9051 section 7.1): what was taken for one
	 * was behind the go-ahead. */
	if (d->after_literal)
		return HEARD_NONSENSE;
	if (word_begins(text, "OK", &rest)) {
		if (step == STEP_LIST && !d->listed)
			hear_code(d, rest);
		return HEARD_YES;
	}
	if (word_begins(text, "BAD", &rest))
		return HEARD_UNKNOWN;
	if (!word_begins(text, "NO", &rest))
		return HEARD_NONSENSE;
	return text_begins(rest, "[UNAVAILABLE]") ? HEARD_NOT_NOW : HEARD_NO;
}

/* A tag that we use, but not for what is asked now. */
static bool is_ours(const char *line)
{
	return line[0] == 'a' && line[1] >= '1' && line[1] <= '3' && line[2] == ' ';
}

static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	const char *rest;

	if (word_begins(unit.text, "*", &rest))
		return step == STEP_GREETING ? hear_greeting(d, rest)
		                             : hear_untagged(d, step, rest);
	if (step == STEP_GREETING)
		return HEARD_NONSENSE;
	/* Tags are compared as they are: the case is ours. */
	if (strncmp(unit.text, tag_of(step), 2) == 0 && unit.text[2] == ' ')
		return hear_status(d, step, unit.text + 3);
	return is_ours(unit.text) ? HEARD_EARLY : HEARD_NONSENSE;
}

static enum heard unasked(struct stls_dialogue *d, struct unit unit)
{
	const char *rest;

	(void)d;
	if (!word_begins(unit.text, "*", &rest))
		return HEARD_EARLY;
	return word_begins(rest, "BYE", &rest) ? HEARD_BYE : HEARD_MORE;
}

/* ---- server ---- */

static bool is_hidden(const char *offer)
{
	static const char *const hidden[] = {"STARTTLS", "LOGINDISABLED", "SASL-IR", NULL};

	return word_one_of(offer, hidden) || text_begins(offer, "AUTH=");
}

static void say_list(struct stls_dialogue *d)
{
	static const char *const modest[] = {"IMAP4rev1", "ID", NULL};

	dialogue_say(d, "CAPABILITY", NULL);
	server_say_offers(d, modest, is_hidden, " ", "");
	dialogue_say(d, " STARTTLS LOGINDISABLED", NULL);
}

static void greet(struct stls_dialogue *d)
{
	dialogue_say(d, "* OK [", NULL);
	say_list(d);
	dialogue_say(d, "] ", dialogue_name(d), " ready\r\n", NULL);
}

/* A command's tag, copied; false when there is none (RFC 9051 section 9). */
static bool read_tag(const char *line, char *tag, size_t size)
{
	size_t length = word_length(line);

	if (length == 0 || length >= size || line[length] != ' ')
		return false;
	for (size_t i = 0; i < length; i++)
		if (line[i] <= ' ' || line[i] == 127 || strchr("(){%*\"\\+", line[i]) != NULL)
			return false;
	memcpy(tag, line, length);
	tag[length] = '\0';
	return true;
}

static enum asked upgrade(struct stls_dialogue *d, const char *tag, const char *arguments)
{
	dialogue_say(d, tag, NULL);
	return server_upgrade(d, arguments, " OK Begin TLS negotiation now\r\n",
	                      " BAD STARTTLS takes no arguments\r\n");
}

static enum asked list(struct stls_dialogue *d, const char *tag)
{
	dialogue_say(d, "* ", NULL);
	say_list(d);
	dialogue_say(d, "\r\n", tag, " OK done\r\n", NULL);
	return ASKED_ANSWERED;
}

static enum asked answer_verb(struct stls_dialogue *d, const char *tag, const char *verb)
{
	const char *rest;

	if (word_begins(verb, "STARTTLS", &rest))
		return upgrade(d, tag, rest);
	if (word_begins(verb, "CAPABILITY", &rest))
		return list(d, tag);
	if (word_begins(verb, "NOOP", &rest)) {
		dialogue_say(d, tag, " OK done\r\n", NULL);
		return ASKED_ANSWERED;
	}
	if (word_begins(verb, "ID", &rest)) {
		dialogue_say(d, "* ID NIL\r\n", tag, " OK done\r\n", NULL);
		return ASKED_ANSWERED;
	}
	if (word_begins(verb, "LOGOUT", &rest)) {
		dialogue_say(d, "* BYE Bye\r\n", tag, " OK done\r\n", NULL);
		return ASKED_LEAVE;
	}
	if (word_begins(verb, "LOGIN", &rest) || word_begins(verb, "AUTHENTICATE", &rest))
		return ASKED_SECRET;
	return ASKED_OTHER;
}

#define TAG 64

static enum asked answer(struct stls_dialogue *d, struct unit unit)
{
	char tag[TAG];

	if (!read_tag(unit.text, tag, sizeof(tag))) {
		dialogue_say(d, "* BAD Say a tag and a command\r\n", NULL);
		return ASKED_ANSWERED;
	}
	return answer_verb(d, tag, unit.text + strlen(tag) + 1);
}

/* IMAP-S-06, IMAP-S-07; IMAP-S-13: no "+", so that no secret follows. */
static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	char tag[TAG];

	(void)what;
	if (read_tag(unit.text, tag, sizeof(tag)))
		dialogue_say(d, tag, " NO [PRIVACYREQUIRED] Use STARTTLS first\r\n", NULL);
}

static size_t farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	int n =
	    snprintf(buf, size, "* BYE [UNAVAILABLE] %s: %s\r\n", name, stls_fault_sentence(why));

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

const struct vocabulary imap_words = {
    .name = "imap",
    .alpn = "imap",
    .port = 143,
    .tls_port = 993,
    .take = take,
    .terminator = "\r\n",
    .unit_size = 8192,
    .greets = true,
    .lists = true,
    .asks_unlisted = true,
    .say = say,
    .hear = hear,
    .unasked = unasked,
    .tells = true,
    .greet = greet,
    .answer = answer,
    .refuse = refuse,
    .farewell = farewell,
};

/* SPDX-License-Identifier: ISC */
/* The words of FTP with AUTH TLS (RFC 959, RFC 2228, RFC 4217), client role. */
#include <string.h>

#include "wire/lines.h"

static void say(struct stls_dialogue *d, enum step step)
{
	if (step == STEP_LIST)
		dialogue_say(d, "FEAT\r\n", NULL);
	if (step == STEP_ASK)
		dialogue_say(d, "AUTH TLS\r\n", NULL);
}

/* RFC 2389 section 3.2: a feature is a line that begins with a space. */
static void hear_feature(struct stls_dialogue *d, const char *line)
{
	const char *feature = line + strspn(line, " "), *rest;

	if (feature == line)
		return;
	if (word_begins(feature, "AUTH", &rest) && strstr(rest, "TLS") != NULL)
		d->offered = true;
	dialogue_note(d, feature, strlen(feature));
}

/* FTP-S-01: 234 accepts; 334 would want a token, which TLS does not have. */
static enum heard hear_answer(unsigned code)
{
	switch (code) {
	case 234: return HEARD_YES;
	case 421: return HEARD_BYE;
	case 431: return HEARD_NOT_NOW;
	case 500:
	case 502:
	case 504: return HEARD_UNKNOWN;
	default: return code / 100 == 4 || code / 100 == 5 ? HEARD_NO : HEARD_NONSENSE;
	}
}

static enum heard meaning(enum step step, unsigned code)
{
	switch (step) {
	case STEP_GREETING:
		if (code / 100 == 1) /* 120: wait for the other greeting */
			return HEARD_MORE;
		return code == 220 ? HEARD_YES : HEARD_UNWELCOME;
	case STEP_ASK: return hear_answer(code);
	default:
		if (code == 421)
			return HEARD_BYE;
		return code / 100 == 2 ? HEARD_YES : HEARD_NO;
	}
}

/* FTP-X-02: a multi-line reply ends with its code and a space, and what is
 * between may look like anything. */
static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	const char *text;
	bool last = false;
	unsigned code = reply_code(unit.text, &last, &text);

	if (d->code != 0 && !(code == d->code && last)) {
		if (step == STEP_LIST)
			hear_feature(d, unit.text);
		return HEARD_MORE;
	}
	if (code < 100 || code > 599)
		return HEARD_NONSENSE;
	d->code = last ? 0 : code;
	return last ? meaning(step, code) : HEARD_MORE;
}

const struct vocabulary ftp_words = {
    .name = "ftp",
    .alpn = "ftp",
    .port = 21,
    .tls_port = 990,
    .take = lines_take,
    .terminator = "\r\n",
    .unit_size = 2048,
    .greets = true,
    .lists = true,
    .asks_unlisted = true,
    .undeterred = true, /* FEAT is younger than AUTH */
    .say = say,
    .hear = hear,
};

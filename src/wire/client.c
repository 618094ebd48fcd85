/* SPDX-License-Identifier: ISC */
/*
 * The client's walk: greeting -> list -> ask -> switch, with every step that
 * the protocol lets us leave out left out.
 */
#include <stdio.h>

#include "wire/machine.h"

static void go(struct stls_dialogue *d, enum step step)
{
	d->step = step;
	d->units = 0;
	d->code = 0;
	d->words->say(d, step);
	if (step == STEP_ASK && d->words->silent_ask)
		dialogue_end(d, STLS_SWITCH, STLS_FAULT_NONE);
}

/* There is no TLS.  Whether that is the end is not for us to say, unless the
 * server has ended it; an offer that is missing ends nothing. */
static void no_tls(struct stls_dialogue *d, enum stls_fault why)
{
	bool ended = d->words->fatal_refusal && d->step == STEP_ASK;

	if (d->spec.demand == STLS_MUST || ended)
		dialogue_fail(d, why);
	else
		dialogue_end(d, STLS_PLAIN, why);
}

static bool may_ask_now(const struct stls_dialogue *d)
{
	const struct vocabulary *words = d->words;

	if (d->listed)
		return d->offered || (words->undeterred && d->spec.demand == STLS_MUST);
	return !words->lists || (words->asks_unlisted && d->spec.demand == STLS_MUST);
}

static void toward_switch(struct stls_dialogue *d)
{
	if (may_ask_now(d))
		go(d, STEP_ASK);
	else if (!d->listed)
		go(d, STEP_LIST);
	else
		no_tls(d, STLS_FAULT_NOT_OFFERED);
}

static void toward_told(struct stls_dialogue *d)
{
	if (!d->listed)
		go(d, STEP_LIST);
	else if (d->told)
		go(d, STEP_TELL);
	else
		dialogue_fail(d, STLS_FAULT_REFUSED);
}

/* The greeting and perhaps the list are known: what is next? */
static void proceed(struct stls_dialogue *d)
{
	switch (d->spec.goal) {
	case STLS_UPGRADE: toward_switch(d); break;
	case STLS_TELL: toward_told(d); break;
	case STLS_GREET: dialogue_end(d, STLS_DONE, STLS_FAULT_NONE); break;
	case STLS_LIST:
		if (d->listed)
			dialogue_end(d, STLS_DONE, STLS_FAULT_NONE);
		else
			go(d, STEP_LIST);
		break;
	}
}

static bool is_greeted(const struct stls_dialogue *d)
{
	return d->spec.layer == STLS_AFTER_STARTTLS ? d->words->greets_inside : d->words->greets;
}

void client_begin(struct stls_dialogue *d)
{
	if (is_greeted(d))
		d->step = STEP_GREETING;
	else
		proceed(d);
}

static void granted(struct stls_dialogue *d)
{
	switch (d->step) {
	case STEP_GREETING:
		d->listed = d->listed || d->words->greeting_lists;
		proceed(d);
		break;
	case STEP_LIST:
	case STEP_LIST_AGAIN:
		d->listed = true;
		proceed(d);
		break;
	case STEP_ASK: dialogue_end(d, STLS_SWITCH, STLS_FAULT_NONE); break;
	case STEP_TELL:
	case STEP_LIST_TOLD: dialogue_end(d, STLS_DONE, STLS_FAULT_NONE); break;
	}
}

/* POP-C-04: a server without lists may have TLS all the same. */
static void unlisted(struct stls_dialogue *d)
{
	d->listed = true;
	d->offered = d->words->asks_unlisted;
	proceed(d);
}

static void refused(struct stls_dialogue *d, enum stls_fault why)
{
	switch (d->step) {
	case STEP_GREETING: dialogue_fail(d, STLS_FAULT_UNWELCOME); break;
	case STEP_LIST:
		/* SMTP-C-11: an older server has another greeting, and no TLS. */
		if (d->words->lists_again)
			go(d, STEP_LIST_AGAIN);
		else
			unlisted(d);
		break;
	case STEP_LIST_AGAIN: dialogue_fail(d, STLS_FAULT_UNWELCOME); break;
	case STEP_ASK: no_tls(d, why); break;
	case STEP_TELL:
	case STEP_LIST_TOLD: dialogue_fail(d, STLS_FAULT_REFUSED); break;
	}
}

static void preauthenticated(struct stls_dialogue *d)
{
	if (d->spec.goal == STLS_UPGRADE)
		no_tls(d, STLS_FAULT_PREAUTH);
	else if (d->spec.layer == STLS_AFTER_IMPLICIT)
		proceed(d); /* IMAP-S-08: on a protected connection it is in order */
	else
		dialogue_fail(d, STLS_FAULT_PREAUTH);
}

static enum heard listen(struct stls_dialogue *d, struct unit unit)
{
	if (!d->stale && stls_need(d) == STLS_IN)
		return d->words->hear(d, d->step, unit);
	return d->words->unasked != NULL ? d->words->unasked(d, unit) : HEARD_EARLY;
}

void client_heard(struct stls_dialogue *d, struct unit unit)
{
	if (++d->units > REPLY_UNITS) {
		dialogue_fail(d, STLS_FAULT_TOO_LONG);
		return;
	}
	switch (listen(d, unit)) {
	case HEARD_MORE: break;
	case HEARD_YES: granted(d); break;
	case HEARD_NO: refused(d, STLS_FAULT_REFUSED); break;
	case HEARD_UNKNOWN: refused(d, STLS_FAULT_NOT_OFFERED); break;
	case HEARD_NOT_NOW: refused(d, STLS_FAULT_REFUSED_FOR_NOW); break;
	case HEARD_BYE: dialogue_fail(d, STLS_FAULT_BYE); break;
	case HEARD_UNWELCOME: dialogue_fail(d, STLS_FAULT_UNWELCOME); break;
	case HEARD_PREAUTH: preauthenticated(d); break;
	case HEARD_NONSENSE: dialogue_fail(d, STLS_FAULT_SYNTAX); break;
	case HEARD_EARLY: dialogue_fail(d, STLS_FAULT_EARLY); break;
	}
}

/* ---- what vocabularies say ---- */

void client_say_xclient(struct stls_dialogue *d)
{
	char port[32];

	snprintf(port, sizeof(port), " PORT=%u\r\n", d->spec.client_port);
	dialogue_say(d, "XCLIENT ADDR=", d->spec.client, port, NULL);
}

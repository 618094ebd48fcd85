/* SPDX-License-Identifier: ISC */
/* The dialogue as its owner sees it: opened, fed, listened to, closed. */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/machine.h"
#include "wire/spec.h"

static size_t aligned(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

/* How big the pieces of a dialogue are, for a spec that is known to be good. */
struct plan {
	size_t own, in, out, list, helo;
};

static struct plan plan_for(const struct stls_spec *spec, const struct vocabulary *words)
{
	struct plan plan = {.own = aligned(words->own_size)};

	if (spec->layer == STLS_IMPLICIT)
		return (struct plan){0};
	plan.in = spec_unit(spec, words);
	plan.out = spec->role == STLS_SERVER ? aligned(spec_speech(spec)) + SPEECH_MORE : 2048;
	plan.list = spec->goal == STLS_LIST || spec->goal == STLS_TELL ? LIST_SIZE : 0;
	plan.helo = spec->role == STLS_SERVER ? NAME_SIZE : 0;
	return plan;
}

static size_t plan_sum(struct plan plan)
{
	return aligned(sizeof(struct stls_dialogue)) + plan.own + aligned(plan.in) + plan.out +
	       plan.list + plan.helo;
}

size_t stls_footprint(const struct stls_spec *given)
{
	struct stls_spec spec;

	if (!spec_read(&spec, given))
		return 0;
	return plan_sum(plan_for(&spec, vocabulary_of(spec.protocol)));
}

static void lay_out(struct stls_dialogue *d, struct plan plan)
{
	char *at = (char *)d + aligned(sizeof(*d));

	d->own = at;
	d->own_size = plan.own;
	d->in = at += plan.own;
	d->in_size = plan.in;
	d->out = at += aligned(plan.in);
	d->out_size = plan.out;
	d->list = at += plan.out;
	d->list_size = plan.list;
	d->helo = at + plan.list;
	d->helo_size = plan.helo;
}

static void begin(struct stls_dialogue *d)
{
	d->next = STLS_IN;
	if (d->spec.layer == STLS_IMPLICIT) {
		d->next = STLS_SWITCH;
		return;
	}
	if (d->words->begin != NULL)
		d->words->begin(d);
	if (d->spec.role == STLS_CLIENT)
		client_begin(d);
	else
		server_begin(d);
}

stls_dialogue *stls_open(const struct stls_spec *given)
{
	struct stls_spec spec;
	struct stls_dialogue *d;
	struct plan plan;

	if (!spec_read(&spec, given))
		return NULL;
	plan = plan_for(&spec, vocabulary_of(spec.protocol));
	d = calloc(1, plan_sum(plan));
	if (d == NULL)
		return NULL;
	d->footprint = plan_sum(plan);
	d->spec = spec;
	d->words = vocabulary_of(spec.protocol);
	lay_out(d, plan);
	begin(d);
	return d;
}

void stls_close(stls_dialogue *d)
{
	if (d == NULL)
		return;
	explicit_bzero(d, d->footprint);
	free(d);
}

enum stls_need stls_need(const stls_dialogue *d)
{
	return d->out_sent < d->out_length ? STLS_OUT : d->next;
}

enum stls_fault stls_fault(const stls_dialogue *d)
{
	return d->fault;
}

/* ---- hearing ---- */

static void heard_whole(struct stls_dialogue *d)
{
	struct unit unit = {.text = d->in, .length = d->in_length};

	d->in[d->in_length] = '\0';
	if (d->spec.role == STLS_CLIENT)
		client_heard(d, unit);
	else
		server_asked(d, unit);
	d->stale = false;
	/* The command that commits a client to plaintext is kept for the replay. */
	if (d->next != STLS_PLAIN)
		d->in_length = 0;
	d->after_literal = false;
}

/* A client is never that patient. */
static void heard_skipped(struct stls_dialogue *d)
{
	struct unit unit = {.text = d->in, .length = d->in_length};

	d->in[d->in_length] = '\0';
	server_skipped(d, unit);
	d->in_length = 0;
	d->skipped = 0;
}

static void heard_cut(struct stls_dialogue *d, enum cut cut)
{
	switch (cut) {
	case CUT_PART: break;
	case CUT_WHOLE: heard_whole(d); break;
	case CUT_SKIPPED: heard_skipped(d); break;
	case CUT_TOO_LONG: dialogue_fail(d, STLS_FAULT_TOO_LONG); break;
	case CUT_NONSENSE: dialogue_fail(d, STLS_FAULT_SYNTAX); break;
	}
}

/* A client goes on hearing when it is its own turn: whatever the server says
 * there, it says too early, and must not be kept for later.  A server goes on as
 * long as there is room for another answer: many commands at once get theirs at
 * once, which is far less work than one by one. */
static bool listens(const struct stls_dialogue *d)
{
	if (d->next != STLS_IN)
		return false;
	return d->spec.role == STLS_CLIENT || d->out_length <= SPEECH_MORE;
}

size_t stls_feed(stls_dialogue *d, const void *bytes, size_t count)
{
	size_t taken = 0;

	if (stls_need(d) != STLS_IN)
		return 0;
	while (taken < count && listens(d)) {
		enum cut cut = CUT_PART;

		taken += d->words->take(d, (const char *)bytes + taken, count - taken, &cut);
		heard_cut(d, cut);
	}
	/* A unit that is unfinished when our turn begins was not an answer. */
	if (d->in_length > 0 && stls_need(d) == STLS_OUT && d->next == STLS_IN &&
	    d->spec.role == STLS_CLIENT) {
		d->stale = true;
		if (d->words->unasked == NULL)
			dialogue_fail(d, STLS_FAULT_EARLY);
	}
	return taken;
}

void stls_eof(stls_dialogue *d)
{
	if (d->next == STLS_IN || d->next == STLS_SWITCH)
		dialogue_end(d, STLS_FAILED, STLS_FAULT_CLOSED);
	if (d->next == STLS_FAILED)
		d->out_sent = d->out_length;
}

/* ---- speaking ---- */

const char *stls_out(const stls_dialogue *d, size_t *count)
{
	*count = d->out_length - d->out_sent;
	return d->out + d->out_sent;
}

void stls_sent(stls_dialogue *d, size_t count)
{
	size_t left = d->out_length - d->out_sent;

	d->out_sent += count < left ? count : left;
	if (d->out_sent == d->out_length)
		d->out_sent = d->out_length = 0;
}

void dialogue_say(struct stls_dialogue *d, ...)
{
	va_list words;
	const char *word;

	va_start(words, d);
	while ((word = va_arg(words, const char *)) != NULL) {
		size_t length = strlen(word);

		if (length > d->out_size - d->out_length) {
			dialogue_end(d, STLS_FAILED, STLS_FAULT_INTERNAL);
			break;
		}
		memcpy(d->out + d->out_length, word, length);
		d->out_length += length;
	}
	va_end(words);
}

const char *dialogue_name(const struct stls_dialogue *d)
{
	return d->spec.name != NULL ? d->spec.name : "localhost";
}

/* ---- ending ---- */

void dialogue_end(struct stls_dialogue *d, enum stls_need how, enum stls_fault why)
{
	d->next = how;
	d->fault = why;
}

static void part(struct stls_dialogue *d, enum stls_fault why)
{
	if (d->words->part != NULL)
		d->words->part(d, why);
	else if (d->words->farewell != NULL)
		d->out_length += d->words->farewell(why, dialogue_name(d), d->out + d->out_length,
		                                    d->out_size - d->out_length);
}

/* A server tells its client why; a client has nothing to say to a server that
 * it does not believe any more. */
void dialogue_fail(struct stls_dialogue *d, enum stls_fault why)
{
	if (d->spec.role == STLS_SERVER && d->next == STLS_IN)
		part(d, why);
	else
		d->out_length = d->out_sent = 0;
	dialogue_end(d, STLS_FAILED, why);
}

void stls_dismiss(stls_dialogue *d, enum stls_fault why)
{
	if (d->next != STLS_FAILED)
		dialogue_fail(d, why);
}

/* ---- remembering ---- */

void dialogue_note(struct stls_dialogue *d, const char *text, size_t length)
{
	if (d->list_size == 0)
		return;
	if (length + 1 > d->list_size - d->list_length) {
		dialogue_fail(d, STLS_FAULT_TOO_LONG);
		return;
	}
	memcpy(d->list + d->list_length, text, length);
	d->list[d->list_length + length] = '\0';
	d->list_length += length + 1;
}

void dialogue_note_helo(struct stls_dialogue *d, const char *text, size_t length)
{
	if (length >= d->helo_size)
		length = d->helo_size - 1;
	memcpy(d->helo, text, length);
	d->helo[length] = '\0';
}

const char *stls_capability(const stls_dialogue *d, size_t index)
{
	const char *at = d->list;

	if (d->next != STLS_DONE)
		return NULL;
	while (at < d->list + d->list_length && index-- > 0)
		at += strlen(at) + 1;
	return at < d->list + d->list_length ? at : NULL;
}

static bool is_xmpp(const struct stls_dialogue *d)
{
	return d->spec.protocol == STLS_XMPP_CLIENT || d->spec.protocol == STLS_XMPP_SERVER;
}

static const char *noted_helo(const struct stls_dialogue *d)
{
	return d->helo_size > 0 && d->helo[0] != '\0' ? d->helo : NULL;
}

const char *stls_domain(const stls_dialogue *d)
{
	return is_xmpp(d) ? noted_helo(d) : NULL;
}

const char *stls_helo(const stls_dialogue *d)
{
	return is_xmpp(d) || d->next != STLS_PLAIN ? NULL : noted_helo(d);
}

/* SPDX-License-Identifier: ISC */
/*
 * The server's walk: greet, then answer what needs no real server until the
 * client asks for TLS, leaves, or commits itself to plaintext.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/machine.h"

void server_begin(struct stls_dialogue *d)
{
	d->words->greet(d);
}

/* Patience has an end: who will not take no is shown the door. */
static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	if (++d->refusals > REFUSALS)
		dialogue_fail(d, STLS_FAULT_PLAINTEXT_REFUSED);
	else
		d->words->refuse(d, what, unit);
}

/* The command that commits the client to plaintext is kept whole, for whoever
 * takes over; one whose literals were thrown away cannot be. */
static void commit(struct stls_dialogue *d)
{
	size_t length = strlen(d->words->terminator);

	if (d->after_literal) {
		dialogue_fail(d, STLS_FAULT_SYNTAX);
		return;
	}
	memcpy(d->in + d->in_length, d->words->terminator, length);
	d->in_length += length;
	dialogue_end(d, STLS_PLAIN, STLS_FAULT_NONE);
}

static void other(struct stls_dialogue *d, struct unit unit)
{
	if (d->spec.demand == STLS_OFFERED)
		commit(d);
	else
		refuse(d, ASKED_OTHER, unit);
}

/* ALPACA: a browser that was made to talk to us gets no second line. */
static bool speaks_http(struct unit unit)
{
	static const char *const verbs[] = {"GET /",   "POST /",   "PUT /",    "HEAD /",
	                                    "PATCH /", "DELETE /", "OPTIONS /"};

	if (strstr(unit.text, " HTTP/") != NULL)
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strncmp(unit.text, verbs[i], strlen(verbs[i])) == 0)
			return true;
	return false;
}

void server_asked(struct stls_dialogue *d, struct unit unit)
{
	if (speaks_http(unit)) {
		dialogue_end(d, STLS_FAILED, STLS_FAULT_CROSS_PROTOCOL);
		return;
	}
	if (++d->units > COMMANDS) {
		dialogue_fail(d, STLS_FAULT_PLAINTEXT_REFUSED);
		return;
	}
	switch (d->words->answer(d, unit)) {
	case ASKED_ANSWERED: break;
	case ASKED_UPGRADE: dialogue_end(d, STLS_SWITCH, STLS_FAULT_NONE); break;
	case ASKED_LEAVE: dialogue_end(d, STLS_DONE, STLS_FAULT_NONE); break;
	case ASKED_OTHER: other(d, unit); break;
	case ASKED_SECRET: refuse(d, ASKED_SECRET, unit); break;
	case ASKED_NONSENSE: dialogue_fail(d, STLS_FAULT_SYNTAX); break;
	}
}

/* The peer is out of bounds, but in step. */
void server_skipped(struct stls_dialogue *d, struct unit unit)
{
	if (speaks_http(unit))
		dialogue_end(d, STLS_FAILED, STLS_FAULT_CROSS_PROTOCOL);
	else if (++d->too_long > REFUSALS)
		dialogue_fail(d, STLS_FAULT_TOO_LONG);
	else
		dialogue_say(d, d->words->too_long, NULL);
}

/* ---- what vocabularies answer with ---- */

const char *const *server_offers(const struct stls_dialogue *d, const char *const *modest)
{
	return d->spec.offers != NULL ? d->spec.offers : modest;
}

void server_say_offers(struct stls_dialogue *d, const char *const *modest,
                       bool (*is_hidden)(const char *offer), const char *before, const char *behind)
{
	for (const char *const *offer = server_offers(d, modest); *offer != NULL; offer++)
		if (!is_hidden(*offer))
			dialogue_say(d, before, *offer, behind, NULL);
}

enum asked server_upgrade(struct stls_dialogue *d, const char *arguments, const char *go_ahead,
                          const char *complaint)
{
	dialogue_say(d, *arguments == '\0' ? go_ahead : complaint, NULL);
	return *arguments == '\0' ? ASKED_UPGRADE : ASKED_ANSWERED;
}

/* ---- what the owner may know ---- */

unsigned stls_refusals(const stls_dialogue *d)
{
	return d->refusals;
}

const char *stls_replay(const stls_dialogue *d, size_t *count)
{
	*count = d->spec.role == STLS_SERVER && d->next == STLS_PLAIN ? d->in_length : 0;
	return d->in;
}

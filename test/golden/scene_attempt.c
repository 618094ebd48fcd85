/* SPDX-License-Identifier: ISC */
/* What became of a connection ("try mx1 tls dane"), and the life of a host ("good 5 1d"). */
#include <string.h>

#include "scene.h"

static void read_word(struct scene *scene, const char *word)
{
	struct stls_attempt *attempt = &scene->attempt;

	if (strcmp(word, "tls") == 0) {
		attempt->offered = attempt->encrypted = 1;
	} else if (strcmp(word, "offered") == 0) {
		attempt->offered = 1;
	} else if (strcmp(word, "retried") == 0) {
		attempt->retried = attempt->offered = 1;
	} else if (strcmp(word, "dane") == 0) {
		attempt->verified = STLS_TRUST_DANE;
	} else if (strcmp(word, "pkix") == 0) {
		attempt->verified = STLS_TRUST_PKIX;
	} else if (strcmp(word, "dane+pkix") == 0) {
		attempt->verified = STLS_TRUST_DANE;
		attempt->pkix = 1;
	} else if (strcmp(word, "requiretls") == 0) {
		attempt->requiretls = 1;
	} else if (strcmp(word, "hold") == 0) {
		attempt->ruling = STLS_RULING_HOLD;
	} else if (strcmp(word, "let-go") == 0) {
		attempt->ruling = STLS_RULING_LET_GO;
	} else if (strncmp(word, "bad=", 4) == 0) {
		attempt->unverified = scene_fault(scene, word + 4);
	} else if (strncmp(word, "also=", 5) == 0) {
		attempt->verified = STLS_TRUST_DANE;
		attempt->unverified = scene_fault(scene, word + 5);
	} else {
		attempt->fault = scene_fault(scene, word);
	}
}

bool scene_read_attempt(struct scene *scene, const struct clause *clause)
{
	if (!clause_is(clause, "try") || clause->count < 3)
		return false;
	scene->tried = scene_name(scene, clause->words[1]);
	for (size_t i = 2; i < clause->count; i++)
		read_word(scene, clause->words[i]);
	return true;
}

static bool read_event(struct scene *scene, const struct clause *clause)
{
	static const char *const words[] = {"good", "verified", "gone", "broken", "wait"};
	struct event *event = &scene->events[scene->event_count];

	for (int i = 0; i < 5; i++) {
		if (!clause_is(clause, words[i]))
			continue;
		*event = (struct event){(enum event_kind)i, 1, 0};
		if (i == EVENT_WAIT && clause->count == 2)
			event->pause = scene_duration(scene, clause->words[1]);
		if (i != EVENT_WAIT && clause->count == 3) {
			event->times = scene_number(scene, clause->words[1]);
			event->pause = scene_duration(scene, clause->words[2]);
		}
		if (++scene->event_count == EVENTS)
			scene->wrong = "there are too many events";
		return true;
	}
	return false;
}

static bool read_setting(struct scene *scene, const struct clause *clause)
{
	struct stls_ratchet_settings *settings = &scene->settings;

	if (clause_is(clause, "authentication"))
		settings->authentication = 1;
	else if (clause_is(clause, "letgo"))
		settings->let_go = 1;
	else if (clause_is(clause, "pin"))
		scene->host.pinned |= STLS_PIN_TLS;
	else if (clause_is(clause, "pin-authentication"))
		scene->host.pinned |= STLS_PIN_AUTHENTICATION;
	else if (clause_is(clause, "occasions") && clause->count == 2)
		settings->occasions = scene_number(scene, clause->words[1]);
	else if (clause_is(clause, "days") && clause->count == 2)
		settings->days = scene_number(scene, clause->words[1]);
	else if (clause_is(clause, "hold") && clause->count == 2)
		settings->hold = scene_duration(scene, clause->words[1]);
	else if (clause_is(clause, "forget") && clause->count == 2)
		settings->forget = scene_duration(scene, clause->words[1]);
	else
		return false;
	return true;
}

bool scene_read_ratchet(struct scene *scene, const struct clause *clause)
{
	if (clause_is(clause, "ratchet")) {
		scene->ratchet = true;
		return true;
	}
	return scene->ratchet && (read_event(scene, clause) || read_setting(scene, clause));
}

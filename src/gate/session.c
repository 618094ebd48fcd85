/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "gate/session.h"

bool session_go(struct session *session, enum stage stage, int64_t milliseconds)
{
	session->stage = stage;
	if (milliseconds)
		timer_set(session->deadline, milliseconds);
	else
		timer_clear(session->deadline);
	return true;
}

bool session_close(struct session *session, enum party by, enum stls_fault fault)
{
	session->by = by;
	session->fault = fault;
	front_report(session);
	return session_go(session, STAGE_PART, SESSION_PARTING);
}

bool session_cut(struct session *session, enum party by, enum stls_fault fault)
{
	session->cut = true;
	return session_close(session, by, fault);
}

#define FAREWELL 512

bool session_refuse(struct session *session, enum stls_fault fault, const char *detail)
{
	const struct config_front *config = session->front->config;

	snprintf(session->detail, sizeof(session->detail), "%s", detail ? detail : "");
	session->words = malloc(FAREWELL);
	if (session->words)
		session->length = stls_farewell(config->protocol, fault, config->hostname,
		                                session->words, FAREWELL);
	return session_close(session, PARTY_US, fault);
}

void session_free(struct session *session)
{
	front_report(session);
	front_count_departure(session);
	limits_leave(session->front->limits, &session->seat);
	turns_leave(&session->turn);
	if (session->next)
		session->next->link = session->link;
	*session->link = session->next;
	timer_close(session->deadline);
	timer_close(session->again);
	pump_close(&session->pump);
	talk_close(&session->talk);
	leg_close(&session->leg);
	side_close(&session->client);
	if (session->screen)
		screen_close(session->screen);
	offers_drop(session->offers);
	free(session->domain);
	free(session->words);
	free(session);
}

static void end(struct session *session)
{
	struct front *front = session->front;

	session_free(session);
	if (front->retired && !front->sessions)
		front->empty(front->owner);
}

void session_wake(void *owner)
{
	static bool (*const steps[])(struct session *) = {
	    [STAGE_PROXY] = front_proxy,     [STAGE_LEARN] = front_learn,
	    [STAGE_GREET] = front_greet,     [STAGE_HANDSHAKE] = front_handshake,
	    [STAGE_BACKEND] = front_backend, [STAGE_FORWARD] = front_forward,
	    [STAGE_PART] = front_part,
	};
	struct session *session = owner;

	while (session->stage != STAGE_OVER && steps[session->stage](session))
		;
	if (session->stage == STAGE_OVER)
		end(session);
}

/* The protocol's own farewell, if it is the client's turn and it takes it at once. */
static void say_farewell(struct session *session)
{
	size_t count;
	const char *bytes;

	stls_dismiss(session->talk.dialogue, STLS_FAULT_BUSY);
	bytes = stls_out(session->talk.dialogue, &count);
	side_write(&session->client, bytes, count);
}

void session_evict(void *owner)
{
	struct session *session = owner;

	session->by = PARTY_US;
	session->fault = STLS_FAULT_BUSY;
	front_report(session);
	if (session->stage == STAGE_GREET && stls_need(session->talk.dialogue) == STLS_IN)
		say_farewell(session);
	else if (session->stage != STAGE_PART)
		side_abort(&session->client);
	end(session);
}

void session_dismiss(struct session *session)
{
	switch (session->stage) {
	case STAGE_PROXY: session_close(session, PARTY_US, STLS_FAULT_SHUTDOWN); break;
	case STAGE_LEARN: session_refuse(session, STLS_FAULT_SHUTDOWN, NULL); break;
	case STAGE_GREET: stls_dismiss(session->talk.dialogue, STLS_FAULT_SHUTDOWN); break;
	default: return;
	}
	session_wake(session);
}

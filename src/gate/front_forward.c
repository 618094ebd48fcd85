/* SPDX-License-Identifier: ISC */
/* Client and service are brought together: bytes cross, through the screen. */
#include <string.h>
#include <strings.h>

#include "gate/session.h"
#include "wire/greeting.h"

#define STARVED 200      /* ms until memory is asked for again */
#define LEFT_ALONE 10000 /* ms of silence for a client whose service has closed */
#define UNASKED 600000   /* ms for a service whose client has, where there is no other limit */

enum { CLIENT, SERVICE }; /* the sides of the pump */

/* The screen holds what it cannot tell yet.  From a side that has closed nothing
 * will come that could tell: half a line is no line.  Whole ones from the client
 * may wait for the service's answer, unless that side has closed, too. */
static bool holds_in_vain(const struct session *session, int from, const char *bytes, size_t count)
{
	return from == SERVICE || !memchr(bytes, '\n', count) ||
	       session->pump.lane[SERVICE].end != LANE_OPEN;
}

static struct pump_step judge(void *owner, int from, const char *bytes, size_t count, bool last)
{
	static const enum pump_move moves[] = {
	    [SCREEN_PASS] = PUMP_PASS,     [SCREEN_REPLACE] = PUMP_REPLACE,
	    [SCREEN_ANSWER] = PUMP_ANSWER, [SCREEN_HOLD] = PUMP_HOLD,
	    [SCREEN_CLOSE] = PUMP_CLOSE,
	};
	struct session *session = owner;
	struct screen_step step = screen_next(
	    session->screen, from == CLIENT ? SCREEN_CLIENT : SCREEN_SERVICE, bytes, count);

	if (step.move == SCREEN_CLOSE)
		session->fault = step.fault;
	if (step.move == SCREEN_HOLD && last && holds_in_vain(session, from, bytes, count))
		return (struct pump_step){.move = PUMP_REPLACE, .take = count};
	/* Nothing to look for any more: from here on bytes just cross. */
	if (screen_over(session->screen))
		session->pump.judge.next = NULL;
	return (struct pump_step){moves[step.move], step.take, step.with, step.length};
}

/* What was heard before the two were brought together. */
static int prime(struct session *session)
{
	size_t replayed = 0, from_client, from_service;
	const char *replay = NULL, *client, *service;
	int bad = 0;

	if (session->talk.dialogue)
		replay = stls_replay(session->talk.dialogue, &replayed);
	client = talk_unread(&session->talk, &from_client);
	service = talk_unread(&session->leg.talk, &from_service);
	bad |= pump_prime(&session->pump, CLIENT, replay, replayed);
	bad |= pump_prime(&session->pump, CLIENT, client, from_client);
	bad |= pump_prime(&session->pump, SERVICE, service, from_service);
	return bad;
}

/* Our own greeting, as if the service had said it. */
static int greet(struct session *session)
{
	const struct config_front *config = session->front->config;
	const struct offers *offers = session->place->offers;
	char text[SCREEN_VIEW];
	size_t count;

	if (!offers)
		offers = session->front->catalogue.offers;
	count = wire_greeting(config->protocol, config->hostname, offers ? offers->list : NULL,
	                      text, sizeof(text));

	return pump_prime(&session->pump, SERVICE, text, count);
}

/* SMTP: the client has heard of CHUNKING in plaintext, and may rely on it. */
static bool takes_chunks(const struct session *session)
{
	const stls_dialogue *dialogue = session->leg.talk.dialogue;
	const char *offer;

	for (size_t i = 0; dialogue && (offer = stls_capability(dialogue, i)); i++)
		if (!strcasecmp(offer, "CHUNKING"))
			return true;
	return false;
}

static int64_t idle(const struct session *session)
{
	return (int64_t)session->front->config->idle * 1000;
}

/* Bytes, and ends. */
static uint64_t crossed(const struct session *session)
{
	const struct lane *lane = session->pump.lane;

	return lane[CLIENT].moved + lane[SERVICE].moved + lane[CLIENT].done + lane[SERVICE].done;
}

/* How long it may be silent from now on; 0: for ever.  Where one side has closed, the
 * other one cannot go on like that: nobody hears the client, or nobody asks the service. */
static int64_t silence(const struct session *session)
{
	const struct lane *lane = session->pump.lane;
	int64_t most = idle(session);

	if (lane[SERVICE].done)
		return most && most < LEFT_ALONE ? most : LEFT_ALONE;
	return lane[CLIENT].done && !most ? UNASKED : most;
}

bool front_bring_together(struct session *session)
{
	const struct config_front *config = session->front->config;
	const struct screen_spec spec = {
	    .protocol = config->protocol,
	    .tls = session->client.tls != NULL,
	    .greets = session->greeting.ours || session->greeting.comes,
	    .chunks = takes_chunks(session),
	};

	session->screen = screen_open(&spec);
	pump_open(&session->pump, loop_pool(session->front->loop), &session->client,
	          &session->leg.side);
	if (!session->screen || (session->greeting.ours && greet(session) < 0) ||
	    prime(session) < 0)
		return session_refuse(session, STLS_FAULT_MEMORY, NULL);
	session->pump.judge = (struct pump_judge){judge, session};
	talk_close(&session->talk);
	talk_close(&session->leg.talk);
	front_count_open(session);
	limits_advance(session->front->limits, &session->seat, LIMITS_SERVED);
	return session_go(session, STAGE_FORWARD, idle(session));
}

/* A client that is cut off after the service had closed has missed nothing: many
 * leave like that after the service's goodbye. */
static bool cut(struct session *session)
{
	const struct lane *lane = session->pump.lane;
	bool client = lane[CLIENT].end == LANE_CUT || lane[SERVICE].deaf;
	bool missed = !client || !lane[SERVICE].done;

	return session_cut(session, client ? PARTY_CLIENT : PARTY_BACKEND,
	                   missed ? STLS_FAULT_CUT : STLS_FAULT_NONE);
}

/* The service must not take what it got for whole. */
static bool refused(struct session *session)
{
	side_abort(&session->leg.side);
	return session_close(session, PARTY_CLIENT, session->fault);
}

/* It took its leave, and a session may be idle for long. */
static void leave_screen(struct session *session)
{
	if (session->screen && !session->pump.judge.next) {
		screen_close(session->screen);
		session->screen = NULL;
	}
}

bool front_forward(struct session *session)
{
	uint64_t before = crossed(session);
	enum pump_state state = pump_run(&session->pump);
	int64_t most;

	leave_screen(session);
	/* What does not cross, such as half a TLS record, is no sign of life. */
	most = silence(session);
	if (most && crossed(session) != before)
		timer_set(session->deadline, most);
	front_count_bytes(session);
	switch (state) {
	case PUMP_WAITS:
		if (session->pump.starved)
			timer_set(session->again, STARVED);
		return false;
	case PUMP_AGAIN: timer_set(session->again, 0); return false;
	case PUMP_REFUSED: return refused(session);
	case PUMP_CUTOFF: return cut(session);
	case PUMP_CLOSED: break;
	}
	return session_close(session, session->pump.first == CLIENT ? PARTY_CLIENT : PARTY_BACKEND,
	                     STLS_FAULT_NONE);
}

/* A client whose service has closed has missed nothing, and may still be reading. */
bool front_forward_late(struct session *session)
{
	if (session->pump.lane[SERVICE].done)
		return session_close(session, PARTY_BACKEND, STLS_FAULT_NONE);
	return session_cut(session, PARTY_US, STLS_FAULT_TIMEOUT);
}

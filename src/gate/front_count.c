/* SPDX-License-Identifier: ISC */
/* What is counted of a session (board.h), at once, so that numbers tell what goes on
 * and not what went on. */
#include "gate/session.h"

#define OFTEN 65536 /* bytes that cross before they are counted again */

void front_count_arrival(struct session *session)
{
	board_add(&session->front->row->accepted, 1);
	board_up(&session->front->now->opening);
}

void front_count_departure(struct session *session)
{
	struct board_gauges *now = session->front->now;

	board_down(session->open ? &now->open : &now->opening);
}

void front_count_dialogue(struct session *session)
{
	unsigned refusals = stls_refusals(session->talk.dialogue);

	if (refusals == session->refusals)
		return;
	board_add(&session->front->row->commands, refusals - session->refusals);
	session->refusals = refusals;
}

void front_count_switch(struct session *session)
{
	if (session->front->config->tls != CONFIG_TLS_IMPLICIT)
		board_add(&session->front->row->taken, 1);
	session->switched = loop_clock();
}

void front_count_handshake(struct session *session)
{
	struct stls_facts facts;

	stls_tls_facts(session->client.tls, &facts);
	board_handshake(session->front->row, &facts, loop_clock() - session->switched);
}

void front_count_open(struct session *session)
{
	board_down(&session->front->now->opening);
	board_up(&session->front->now->open);
	session->open = true;
}

static void count_bytes(struct session *session, uint64_t least)
{
	for (int i = 0; i < 2; i++) {
		uint64_t moved = session->pump.lane[i].moved;

		if (moved - session->counted[i] < least)
			continue;
		board_add(&session->front->row->bytes[i], moved - session->counted[i]);
		session->counted[i] = moved;
	}
}

void front_count_bytes(struct session *session)
{
	count_bytes(session, OFTEN);
}

void front_count_end(struct session *session)
{
	struct board_row *row = session->front->row;

	count_bytes(session, 1);
	board_add(&row->ended[session->fault], 1);
	if (!session->switched || session->secure)
		return;
	board_add(&row->handshakes[session->fault], 1);
	if (session->fault == STLS_FAULT_SNI)
		board_add(&row->sni[BOARD_SNI_UNKNOWN], 1);
}

void front_count_places(struct front *front)
{
	uint32_t places = 0, up = 0;

	for (size_t i = 0; i < front->service_count; i++) {
		const struct service *service = &front->services[i];

		places += (uint32_t)service->count;
		for (size_t n = 0; n < service->count; n++)
			up += service->places[n].standing != PLACE_DOWN;
	}
	board_set(&front->now->places, places);
	board_set(&front->now->places_up, up);
}

/* SPDX-License-Identifier: ISC */
/*
 * The dialogue in plaintext.  All that the client hears in it is ours, from what
 * the service is known to offer; nothing that it says in it reaches the service,
 * unless it goes on in plaintext where that is allowed.
 */
#include <string.h>

#include "gate/session.h"

static bool is_implicit(const struct session *session)
{
	return session->front->config->tls == CONFIG_TLS_IMPLICIT;
}

static int open_talk(struct session *session)
{
	const struct config_front *config = session->front->config;
	const struct stls_spec spec = {
	    .size = sizeof(spec),
	    .protocol = config->protocol,
	    .role = STLS_SERVER,
	    .demand = config->tls == CONFIG_TLS_OFFERED ? STLS_OFFERED : STLS_REQUIRED,
	    .layer = is_implicit(session) ? STLS_IMPLICIT : STLS_PLAINTEXT,
	    .name = config->hostname,
	    .domain = config->hostname,
	    .offers = session->offers ? session->offers->list : NULL,
	    .line_limit = config->line_limit,
	    .literal_limit = config->literal_limit,
	    .element_limit = config->element_limit,
	};

	return talk_open(&session->talk, loop_pool(session->front->loop), &spec);
}

bool front_learn(struct session *session)
{
	struct catalogue *catalogue = &session->front->catalogue;

	if (!catalogue->settled && !is_implicit(session))
		return false;
	session->offers = offers_hold(catalogue->offers);
	if (open_talk(session) < 0)
		return session_close(session, PARTY_US, STLS_FAULT_MEMORY);
	if (!is_implicit(session))
		board_add(&session->front->row->offered, 1);
	session->stage = STAGE_GREET; /* within the same deadline */
	return true;
}

/* The one thing that is known after the switch, too. */
static int keep_domain(struct session *session)
{
	const char *domain = stls_domain(session->talk.dialogue);

	if (domain)
		session->domain = strdup(domain);
	return domain && !session->domain ? -1 : 0;
}

static int start_tls(struct session *session, struct stls_receipt *receipt)
{
	struct front *front = session->front;
	struct stls_tls_peer peer = {.size = sizeof(peer)};
	size_t count;
	const char *unread = talk_unread(&session->talk, &count);

	if (keep_domain(session) < 0)
		return -1;
	peer.sni = session->domain; /* where the handshake names none */
	if (side_start(&session->client, front->tls, receipt, &peer) < 0)
		return -1;
	/* The beginning of a handshake, or there would be no receipt. */
	return count ? side_push(&session->client, unread, count) : 0;
}

/* The go-ahead has been said, so that no text may follow. */
static bool refuse_handshake(struct session *session)
{
	return session_close(session, PARTY_CLIENT,
	                     front_refusal(session->front, BOARD_REFUSED_RATE));
}

static bool switch_to_tls(struct session *session)
{
	size_t count;
	const char *unread = talk_unread(&session->talk, &count);
	struct stls_receipt receipt = stls_switch(session->talk.dialogue, unread, count);
	int64_t patience = (int64_t)session->front->config->handshake_deadline * 1000;

	if (!stls_receipt_good(&receipt))
		return session_close(session, PARTY_CLIENT, stls_fault(session->talk.dialogue));
	if (!limits_handshake(session->front->limits, &session->seat))
		return refuse_handshake(session);
	if (start_tls(session, &receipt) < 0)
		return session_close(session, PARTY_US, STLS_FAULT_MEMORY);
	talk_close(&session->talk);
	front_count_switch(session);
	return session_go(session, STAGE_HANDSHAKE, patience);
}

/* Where TLS comes first, so does the client: its first bytes tell whether it
 * speaks TLS at all. */
static bool await_first_bytes(struct session *session)
{
	size_t count;
	ptrdiff_t n;

	talk_unread(&session->talk, &count);
	if (count)
		return switch_to_tls(session);
	n = talk_read(&session->talk, &session->client);
	if (n == SIDE_WAIT)
		return false;
	if (n > 0)
		return switch_to_tls(session);
	return session_close(session, PARTY_CLIENT, STLS_FAULT_CLOSED);
}

static bool go_on_in_plaintext(struct session *session)
{
	board_add(&session->front->row->declined, 1);
	if (keep_domain(session) < 0)
		return session_close(session, PARTY_US, STLS_FAULT_MEMORY);
	return front_go_to_backend(session);
}

/* Whatever there was to say about it has been said. */
static bool over(struct session *session)
{
	enum stls_fault fault = stls_fault(session->talk.dialogue);

	return session_close(session, stls_fault_whose(fault) == STLS_US ? PARTY_US : PARTY_CLIENT,
	                     fault);
}

bool front_greet(struct session *session)
{
	enum stls_need need = talk_run(&session->talk, &session->client);

	front_count_dialogue(session);
	switch (need) {
	case STLS_IN:
	case STLS_OUT: return false;
	case STLS_SWITCH:
		return is_implicit(session) ? await_first_bytes(session) : switch_to_tls(session);
	case STLS_PLAIN: return go_on_in_plaintext(session);
	default: return over(session);
	}
}

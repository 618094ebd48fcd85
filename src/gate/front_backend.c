/* SPDX-License-Identifier: ISC */
/*
 * The connection to the service.  It is opened here and not before: nothing that
 * a client says before TLS can leave a trace in the service, nothing that the
 * service says early can be mistaken for an answer, and the service can be told
 * what TLS is like.
 *
 * Where a service is in several places, one that fails before the client has heard
 * of it is given up for another one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "gate/greeting.h"
#include "gate/session.h"
#include "wire/proxy.h"

/* An address without its port, as text; false for what is none (a Unix socket). */
static bool host_text(char out[INET6_ADDRSTRLEN], unsigned *port, const struct address_socket *from)
{
	const struct sockaddr_in *four = (const void *)&from->storage;
	const struct sockaddr_in6 *six = (const void *)&from->storage;

	switch (from->storage.ss_family) {
	case AF_INET:
		*port = ntohs(four->sin_port);
		return inet_ntop(AF_INET, &four->sin_addr, out, INET6_ADDRSTRLEN);
	case AF_INET6:
		*port = ntohs(six->sin6_port);
		return inet_ntop(AF_INET6, &six->sin6_addr, out, INET6_ADDRSTRLEN);
	default: return false;
	}
}

/* A client without an address cannot be told about. */
static bool fill_in_addresses(struct session *session, struct leg_order *order)
{
	return session->front->config->tell == CONFIG_TELL_XCLIENT &&
	       host_text(order->client, &order->client_port, &session->peer) &&
	       host_text(order->server, &order->server_port, &session->local);
}

/* Whose service it is to be: the client has said so inside of TLS, or before. */
static bool find_service(struct session *session, enum stls_fault *fault)
{
	struct stls_facts facts = {.sni = ""};

	if (session->client.tls)
		stls_tls_facts(session->client.tls, &facts);
	session->service = routes_choose(&session->front->routes, *facts.sni ? facts.sni : NULL,
	                                 session->domain, fault);
	return session->service != NULL;
}

#define IMPATIENCE 4000 /* ms with a place, while there is another one to go to */

static int64_t patience(const struct session *session)
{
	int64_t half = (int64_t)session->front->config->backend_deadline * 1000 / 2;

	if (!service_has_more(session->service, session->tried))
		return 0;
	return half < IMPATIENCE ? half : IMPATIENCE;
}

static void open_leg(struct session *session)
{
	struct front *front = session->front;
	const char *helo = session->talk.dialogue ? stls_helo(session->talk.dialogue) : NULL;
	struct leg_order order = {.name = helo, .domain = session->domain};
	uint8_t header[PROXY_ROOM];
	const struct greeting_past past = {
	    .tls = session->client.tls != NULL,
	    .named = !session->client.tls && (helo || session->domain),
	    .told = fill_in_addresses(session, &order),
	};

	session->greeting = greeting_plan(front->config, &past);
	order.goal = session->greeting.goal;
	/* A greeting that goes to the client as it is shows first whether there is one. */
	order.leave_greeting = session->greeting.comes && session->service->count > 1;
	if (order.leave_greeting)
		order.goal = STLS_GREET;
	order.header = header;
	order.length = front_header(session, header, sizeof(header));
	order.patience = patience(session);
	leg_open(&session->leg, front->loop, &session->service->backend, &session->place->at,
	         &order, session_wake, session);
}

/* False: it has been everywhere. */
static bool open_next(struct session *session)
{
	struct place *place = service_choose(session->service, session->tried);

	if (!place)
		return false;
	session->place = place;
	session->tried |= service_bit(session->service, place);
	open_leg(session);
	return true;
}

static void leave_place(struct session *session, enum stls_fault fault)
{
	session->cause = fault;
	board_add(&session->front->row->backend[fault], 1);
	place_failed(session->place, fault, session->leg.detail);
	leg_close(&session->leg);
}

/* No descriptor to dial with says nothing of the place: where somebody else makes room it
 * is dialled again, since those that are kept for this may be in use, too. */
static bool dial_again(struct session *session)
{
	if (session->leg.side.end.error != EMFILE ||
	    !limits_make_room(session->front->limits, &session->seat))
		return false;
	leg_close(&session->leg);
	open_leg(session);
	return true;
}

/* The client hears that the service is not there, never why. */
static bool refuse(struct session *session)
{
	return session_refuse(session, STLS_FAULT_BACKEND, session->leg.detail);
}

bool front_go_to_backend(struct session *session)
{
	limits_advance(session->front->limits, &session->seat, LIMITS_WAITING);
	return session_go(session, STAGE_BACKEND,
	                  (int64_t)session->front->config->backend_deadline * 1000);
}

bool front_backend(struct session *session)
{
	enum stls_fault fault;

	if (!session->service && !find_service(session, &fault))
		return session_refuse(session, fault, NULL);
	for (;;) {
		bool fresh = !session->leg.place;
		enum leg_state state;

		if (fresh && !open_next(session))
			return refuse(session);
		state = leg_run(&session->leg);
		if (fresh) {
			limits_opened(session->front->limits, &session->seat,
			              session->leg.side.end.fd);
			side_give_ticket(&session->client);
		}
		switch (state) {
		case LEG_WAITS: return false;
		case LEG_FAILED:
			if (!dial_again(session))
				leave_place(session, session->leg.fault);
			break;
		case LEG_READY:
			session->cause = STLS_FAULT_NONE;
			board_add(&session->front->row->backend[STLS_FAULT_NONE], 1);
			place_worked(session->place);
			return front_bring_together(session);
		}
	}
}

bool front_backend_late(struct session *session)
{
	if (session->leg.place)
		leave_place(session, STLS_FAULT_TIMEOUT);
	return refuse(session);
}

/* SPDX-License-Identifier: ISC */
/*
 * The connection to the service.  It is opened here and not before: nothing that
 * a client says before TLS can leave a trace in the service, nothing that the
 * service says early can be mistaken for an answer, and the service can be told
 * what TLS is like.
 */
#include <arpa/inet.h>
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
	order.header = header;
	order.length = front_header(session, header, sizeof(header));
	leg_open(&session->leg, front->loop, &front->backend, &order, session_wake, session);
}

/* The client hears that the service is not there, never why. */
static bool failed(struct session *session)
{
	catalogue_service_failed(&session->front->catalogue);
	session->cause = session->leg.fault;
	return session_refuse(session, STLS_FAULT_BACKEND, session->leg.detail);
}

bool front_backend(struct session *session)
{
	if (!session->leg.loop)
		open_leg(session);
	switch (leg_run(&session->leg)) {
	case LEG_WAITS: return false;
	case LEG_FAILED: return failed(session);
	case LEG_READY: break;
	}
	catalogue_service_works(&session->front->catalogue);
	return front_bring_together(session);
}

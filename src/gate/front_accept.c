/* SPDX-License-Identifier: ISC */
/* The client is there. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/session.h"

/* The protocol's own way to say that it took too long, if it may still speak. */
static void dismiss(struct session *session)
{
	if (stls_need(session->talk.dialogue) == STLS_OUT) { /* and nobody listens */
		session->fault = STLS_FAULT_TIMEOUT;
		session->stage = STAGE_OVER;
		return;
	}
	stls_dismiss(session->talk.dialogue, STLS_FAULT_TIMEOUT);
	timer_set(session->deadline, SESSION_PARTING);
}

/* A deadline has passed. */
static void late(void *owner)
{
	struct session *session = owner;

	switch (session->stage) {
	case STAGE_PROXY: session_close(session, PARTY_CLIENT, STLS_FAULT_TIMEOUT); break;
	case STAGE_LEARN: session_refuse(session, STLS_FAULT_BACKEND, NULL); break;
	case STAGE_GREET: dismiss(session); break;
	/* No text goes into half an open TLS connection. */
	case STAGE_HANDSHAKE: session_close(session, PARTY_CLIENT, STLS_FAULT_TIMEOUT); break;
	case STAGE_BACKEND: front_backend_late(session); break;
	case STAGE_FORWARD: front_forward_late(session); break;
	default: session->stage = STAGE_OVER;
	}
	session_wake(session);
}

static void join(struct session *session, struct front *front)
{
	session->front = front;
	session->next = front->sessions;
	session->link = &front->sessions;
	if (session->next)
		session->next->link = &session->next;
	front->sessions = session;
	front_count_arrival(session);
}

static struct session *new_session(struct front *front, int fd)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		close(fd);
		return NULL;
	}
	join(session, front);
	session->began = loop_clock();
	session->deadline = timer_open(front->loop, late, session);
	session->again = timer_open(front->loop, session_wake, session);
	session->client = session->leg.side = SIDE_NONE;
	if (end_open(&session->client.end, front->loop, fd, session_wake, session) == 0 &&
	    session->deadline && session->again)
		return session;
	session->fault = STLS_FAULT_MEMORY;
	session_free(session);
	return NULL;
}

/* An IPv4 client of a socket for both families (systemd's are) is one of IPv4 (RFC 4291
 * section 2.5.5.2). */
static struct address_socket plain_address(const struct sockaddr *from, socklen_t length)
{
	struct address_socket address = {.length = length};
	const struct sockaddr_in6 *six = (const void *)from;
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (from->sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(&address.storage, from, length);
		return address;
	}
	four.sin_port = six->sin6_port;
	memcpy(&four.sin_addr, six->sin6_addr.s6_addr + 12, sizeof(four.sin_addr));
	address.length = sizeof(four);
	memcpy(&address.storage, &four, sizeof(four));
	return address;
}

static struct address_socket local_address(const struct end *end)
{
	struct sockaddr_storage local = {0};
	socklen_t length;

	end_local(end, &local, &length);
	return plain_address((const struct sockaddr *)&local, length);
}

void front_accept(void *owner, int fd, const struct sockaddr *from, socklen_t length)
{
	struct front *front = owner;
	const struct address_socket client = plain_address(from, length);
	const struct sockaddr *peer = (const struct sockaddr *)&client.storage;
	bool known = !front_awaits_header(front, peer);
	struct session *session;

	if (!front_admit(front, fd, peer, client.length, known))
		return;
	session = new_session(front, fd);
	if (!session)
		return;
	limits_sit(front->limits, &session->seat, known ? peer : NULL, session);
	session->peer = client;
	session->local = local_address(&session->client.end);
	session_go(session, known ? STAGE_LEARN : STAGE_PROXY,
	           (int64_t)front->config->plaintext_deadline * 1000);
	session_wake(session);
}

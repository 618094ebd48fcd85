/* SPDX-License-Identifier: ISC */
/*
 * Behind a load balancer: a connection from one of its addresses begins with a PROXY
 * header, which tells who the client is.  Nothing is said before it is there, and
 * without a valid one nothing at all (PP-01, PP-02).  Whoever comes from elsewhere is
 * a client, and what looks like a header from there is not the protocol.
 *
 * What a header says of TLS is not ours to know: the client's TLS is with us.
 */
#include <arpa/inet.h>
#include <string.h>

#include "gate/session.h"
#include "wire/proxy.h"

bool front_awaits_header(const struct front *front, const struct sockaddr *peer)
{
	const struct config_front *config = front->config;

	for (size_t i = 0; i < config->accept_proxy_count; i++)
		if (network_has(&config->accept_proxy[i], peer))
			return true;
	return false;
}

static void set_ip4(struct address_socket *to, const struct proxy_end *end)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(end->port)};

	memcpy(&in.sin_addr, end->address, 4);
	*to = (struct address_socket){.length = sizeof(in)};
	memcpy(&to->storage, &in, sizeof(in));
}

static void set_ip6(struct address_socket *to, const struct proxy_end *end)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(end->port)};

	memcpy(&in.sin6_addr, end->address, 16);
	*to = (struct address_socket){.length = sizeof(in)};
	memcpy(&to->storage, &in, sizeof(in));
}

/* The load balancer's own connections, and what we know nothing of, are what they
 * are (PP-04, PP-07): false. */
static bool take_ends(struct session *session, struct proxy_facts *facts)
{
	void (*set)(struct address_socket *, const struct proxy_end *);

	proxy_unmap(facts);
	if (facts->local || (facts->family != PROXY_TCP4 && facts->family != PROXY_TCP6))
		return false;
	set = facts->family == PROXY_TCP4 ? set_ip4 : set_ip6;
	set(&session->peer, &facts->source);
	set(&session->local, &facts->destination);
	return true;
}

static ptrdiff_t read_header(const struct session *session, struct proxy_facts *facts)
{
	size_t count;
	const char *bytes = talk_unread(&session->talk, &count);

	return proxy_read((const uint8_t *)bytes, count, facts);
}

/* Now that it is known who the client is, it may turn out that it has too much. */
static bool know(struct session *session)
{
	struct front *front = session->front;
	enum board_refusal why;
	enum stls_fault fault;

	if (limits_know(front->limits, &session->seat,
	                (const struct sockaddr *)&session->peer.storage, &why))
		return true;
	fault = front_refusal(front, why);
	if (front->config->tls == CONFIG_TLS_IMPLICIT)
		session_close(session, PARTY_US, fault);
	else
		session_refuse(session, fault, board_refusals[why]);
	return false;
}

/* What is behind the header is the client's, and stays unread (PP-03). */
bool front_proxy(struct session *session)
{
	struct proxy_facts facts;
	ptrdiff_t length, n;

	session->talk.pool = loop_pool(session->front->loop);
	while ((length = read_header(session, &facts)) == 0) {
		n = talk_read(&session->talk, &session->client);
		if (n == SIDE_WAIT)
			return false;
		if (n < 0 || n == SIDE_CLOSED)
			return session_close(session, PARTY_CLIENT, STLS_FAULT_CLOSED);
	}
	if (length < 0)
		return session_close(session, PARTY_US, STLS_FAULT_PROXY);
	if (take_ends(session, &facts) && !know(session))
		return true;
	talk_skip(&session->talk, (size_t)length);
	session->stage = STAGE_LEARN; /* within the same deadline */
	return true;
}

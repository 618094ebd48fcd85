/* SPDX-License-Identifier: ISC */
/* What the service is told about a session by the PROXY protocol. */
#include <netinet/in.h>
#include <string.h>

#include "gate/session.h"
#include "wire/proxy.h"

static void tell_end(struct proxy_end *end, const struct address_socket *from)
{
	const struct sockaddr_in *four = (const void *)&from->storage;
	const struct sockaddr_in6 *six = (const void *)&from->storage;

	if (from->storage.ss_family == AF_INET) {
		memcpy(end->address, &four->sin_addr, 4);
		end->port = ntohs(four->sin_port);
	} else if (from->storage.ss_family == AF_INET6) {
		memcpy(end->address, &six->sin6_addr, 16);
		end->port = ntohs(six->sin6_port);
	}
}

static enum proxy_family family_of(const struct session *session)
{
	sa_family_t family = session->peer.storage.ss_family;

	if (family != session->local.storage.ss_family)
		return PROXY_UNKNOWN;
	if (family == AF_INET)
		return PROXY_TCP4;
	return family == AF_INET6 ? PROXY_TCP6 : PROXY_UNKNOWN;
}

static struct proxy_text text_of(const char *text)
{
	return *text ? (struct proxy_text){text, strlen(text)} : (struct proxy_text){0};
}

static void tell_tls(struct proxy_facts *proxy, const struct stls_facts *facts)
{
	proxy->tls = 1;
	proxy->alpn = text_of(facts->alpn);
	proxy->authority = text_of(facts->sni);
	proxy->version = text_of(facts->version);
	proxy->cipher = text_of(facts->cipher);
	proxy->certificate = facts->peer_certificate && !facts->resumed;
	proxy->resumed_certificate = facts->peer_certificate;
	proxy->verified = facts->peer_certificate && facts->verified != STLS_TRUST_ANY;
	/* A name from a certificate that nobody vouches for is hearsay. */
	if (proxy->verified)
		proxy->common_name = text_of(facts->peer_name);
}

size_t front_header(const struct session *session, void *out, size_t room)
{
	struct proxy_facts proxy = {.family = family_of(session)};
	struct stls_facts facts;

	tell_end(&proxy.source, &session->peer);
	tell_end(&proxy.destination, &session->local);
	if (session->client.tls) {
		stls_tls_facts(session->client.tls, &facts);
		tell_tls(&proxy, &facts);
	}
	switch (session->front->config->tell) {
	case CONFIG_TELL_PROXY_V1: return proxy_write_v1(out, room, &proxy);
	case CONFIG_TELL_PROXY_V2: return proxy_write_v2(out, room, &proxy, 0);
	default: return 0;
	}
}

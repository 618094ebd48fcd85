/* SPDX-License-Identifier: ISC */
/* Whom a client wants to reach: names, server name indication, TLSA records. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tls/internal.h"

/* RFC 7672 section 3.2.2: the TLSA base domain is one of the names. */
static struct stls_id base_of(const struct stls_tls_peer *peer)
{
	bool dane = peer->trust == STLS_TRUST_DANE && peer->tlsa_base != NULL;

	return (struct stls_id){STLS_DNS_ID, dane ? peer->tlsa_base : "",
	                        dane ? strlen(peer->tlsa_base) : 0};
}

static char *copy_id(struct stls_id *to, const struct stls_id *from, char *at)
{
	*to = *from;
	to->bytes = at;
	if (from->length > 0)
		memcpy(at, from->bytes, from->length);
	return at + from->length;
}

static bool copy_wanted(stls_tls *tls, const struct stls_tls_peer *peer)
{
	const struct stls_id base = base_of(peer);
	size_t bytes = base.length;
	char *at;

	for (size_t i = 0; i < peer->wanted_count; i++)
		bytes += peer->wanted[i].length;
	tls->wanted = malloc((peer->wanted_count + 1) * sizeof(*tls->wanted) + bytes);
	if (tls->wanted == NULL)
		return false;
	at = (char *)(tls->wanted + peer->wanted_count + 1);
	for (size_t i = 0; i < peer->wanted_count; i++)
		at = copy_id(&tls->wanted[i], &peer->wanted[i], at);
	copy_id(&tls->wanted[peer->wanted_count], &base, at);
	tls->wanted_count = peer->wanted_count + (base.length > 0);
	return true;
}

/* RFC 7672 section 3.1.3: usages 0 and 1 are not usable.  What OpenSSL does not
 * understand is not usable either (RFC 6698 section 4.1). */
static bool add_records(stls_tls *tls, const struct stls_tls_peer *peer)
{
	for (size_t i = 0; i < peer->tlsa_count; i++) {
		const struct stls_tlsa *tlsa = &peer->tlsa[i];
		int added = 0;

		if (tlsa->usage == TLS_DANE_TA || tlsa->usage == TLS_DANE_EE)
			added = SSL_dane_tlsa_add(tls->ssl, tlsa->usage, tlsa->selector,
			                          tlsa->matching, tlsa->data, tlsa->length);
		if (added < 0)
			return false;
		tls->usable += added > 0;
	}
	ERR_clear_error();
	return true;
}

/* OpenSSL compares records; names are for stls_identity_match(). */
static bool want_dane(stls_tls *tls, const struct stls_tls_peer *peer)
{
	if (peer->trust != STLS_TRUST_DANE)
		return true;
	if (peer->tlsa_base == NULL || SSL_dane_enable(tls->ssl, peer->tlsa_base) != 1)
		return false;
	SSL_dane_set_flags(tls->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	return SSL_set1_host(tls->ssl, NULL) == 1 && add_records(tls, peer);
}

static bool set_sni(stls_tls *tls, const struct stls_tls_peer *peer)
{
	const char *sni = peer->sni                        ? peer->sni
	                  : peer->trust == STLS_TRUST_DANE ? peer->tlsa_base
	                                                   : NULL;

	if (sni == NULL)
		return true;
	tls->sni = strdup(sni);
	return tls->sni != NULL && SSL_set_tlsext_host_name(tls->ssl, tls->sni) == 1;
}

static bool want_as_server(stls_tls *tls, const struct stls_tls_peer *peer)
{
	tls->preset = peer->sni ? strdup(peer->sni) : NULL;
	return tls->preset != NULL || peer->sni == NULL;
}

bool tls_want(stls_tls *tls, const struct stls_tls_peer *given)
{
	struct stls_tls_peer peer = {0};

	memcpy(&peer, given, given->size < sizeof(peer) ? given->size : sizeof(peer));
	if (tls->context->role == STLS_SERVER)
		return want_as_server(tls, &peer);
	tls->trust = peer.trust;
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
	return set_sni(tls, &peer) && copy_wanted(tls, &peer) && want_dane(tls, &peer);
}

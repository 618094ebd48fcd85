/* SPDX-License-Identifier: ISC */
/*
 * Is it the right peer?  OpenSSL verifies the chain or the TLSA records, the
 * policy room compares names, and both happen while the handshake can still be
 * refused with an alert.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

static enum stls_fault fault_of(int error)
{
	switch (error) {
	case X509_V_OK: return STLS_FAULT_NONE;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID: return STLS_FAULT_EXPIRED;
	case X509_V_ERR_HOSTNAME_MISMATCH: return STLS_FAULT_MISMATCH;
	case X509_V_ERR_DANE_NO_MATCH: return STLS_FAULT_DANE;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED: return STLS_FAULT_UNTRUSTED;
	default: return STLS_FAULT_CERTIFICATE;
	}
}

static char *copy_text(const struct stls_id *id)
{
	return id->kind == STLS_IP_ID ? strdup("the address") : strndup(id->bytes, id->length);
}

/* Whether one of the wanted names is in the leaf. */
static bool name_matches(stls_tls *tls, X509 *leaf)
{
	struct tls_names names;
	size_t which;
	bool matches;

	if (!tls_names_read(&names, leaf))
		return false;
	matches = stls_identity_match(tls->wanted, tls->wanted_count, names.ids, names.count,
	                              &which) != 0;
	if (matches) {
		free(tls->matched);
		tls->matched = copy_text(&names.ids[which]);
	}
	tls_names_free(&names);
	return matches;
}

/* With DANE the names are OpenSSL's to check: they matter for usage 2 only
 * (RFC 7672 section 3.1). A server does not know its clients' names. */
static bool checks_names(const stls_tls *tls)
{
	return tls->context->role == STLS_CLIENT && tls->trust != STLS_TRUST_DANE;
}

static enum stls_trust trust_reached(const stls_tls *tls)
{
	return tls->trust == STLS_TRUST_DANE ? STLS_TRUST_DANE : STLS_TRUST_PKIX;
}

int tls_verify(X509_STORE_CTX *store, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	stls_tls *tls = SSL_get_app_data(ssl);
	int good = X509_verify_cert(store) > 0;

	(void)unused;
	if (good && checks_names(tls) && !name_matches(tls, X509_STORE_CTX_get0_cert(store))) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
		good = 0;
	}
	tls->verified = good ? trust_reached(tls) : STLS_TRUST_ANY;
	tls->unverified = good ? STLS_FAULT_NONE : fault_of(X509_STORE_CTX_get_error(store));
	if (good || tls->trust == STLS_TRUST_ANY || tls->context->role == STLS_SERVER)
		return 1;
	tls->shown = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(store));
	tls_fault_set(tls, tls->unverified,
	              X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	return 0;
}

/* ---- whom a client wants ---- */

static bool copy_wanted(stls_tls *tls, const struct stls_id *wanted, size_t count)
{
	size_t bytes = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		bytes += wanted[i].length;
	tls->wanted = malloc(count * sizeof(*wanted) + bytes + 1);
	if (tls->wanted == NULL)
		return false;
	at = (char *)(tls->wanted + count);
	for (size_t i = 0; i < count; i++) {
		tls->wanted[i] = wanted[i];
		tls->wanted[i].bytes = memcpy(at, wanted[i].bytes, wanted[i].length);
		at += wanted[i].length;
	}
	tls->wanted_count = count;
	return true;
}

/* RFC 7672 section 3.2.2: the names that a certificate under a trust anchor
 * (usage 2) may have. */
static bool add_hosts(SSL *ssl, const struct stls_tls_peer *peer)
{
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (size_t i = 0; i < peer->wanted_count; i++) {
		char name[256];

		if (peer->wanted[i].kind != STLS_DNS_ID || peer->wanted[i].length >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)peer->wanted[i].length,
		         peer->wanted[i].bytes);
		if (SSL_add1_host(ssl, name) != 1)
			return false;
	}
	return true;
}

/* RFC 7672 section 3.1.3: usages 0 and 1 are not usable.  If nothing is usable,
 * nothing can match, and the handshake fails: encryption without
 * authentication is another plan than this one. */
static bool add_records(SSL *ssl, const struct stls_tls_peer *peer)
{
	for (size_t i = 0; i < peer->tlsa_count; i++) {
		const struct stls_tlsa *tlsa = &peer->tlsa[i];

		if (tlsa->usage >= 2 &&
		    SSL_dane_tlsa_add(ssl, tlsa->usage, tlsa->selector, tlsa->matching, tlsa->data,
		                      tlsa->length) < 0)
			return false;
	}
	return true;
}

static bool want_dane(stls_tls *tls, const struct stls_tls_peer *peer)
{
	return peer->tlsa_base != NULL && SSL_dane_enable(tls->ssl, peer->tlsa_base) == 1 &&
	       add_hosts(tls->ssl, peer) && add_records(tls->ssl, peer);
}

static bool set_sni(stls_tls *tls, const char *sni)
{
	if (sni == NULL)
		return true;
	tls->sni = strdup(sni);
	return tls->sni != NULL && SSL_set_tlsext_host_name(tls->ssl, sni) == 1;
}

bool tls_want(stls_tls *tls, const struct stls_tls_peer *given)
{
	struct stls_tls_peer peer = {0};

	memcpy(&peer, given, given->size < sizeof(peer) ? given->size : sizeof(peer));
	tls->trust = peer.trust;
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
	return set_sni(tls, peer.sni) && copy_wanted(tls, peer.wanted, peer.wanted_count) &&
	       (peer.trust != STLS_TRUST_DANE || want_dane(tls, &peer));
}

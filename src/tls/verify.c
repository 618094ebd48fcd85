/* SPDX-License-Identifier: ISC */
/*
 * Is it the right peer?  OpenSSL verifies the chain or the TLSA records, the
 * policy room compares names, and both happen while the handshake can still be
 * refused with an alert.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

enum stls_fault tls_verify_fault(int error)
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

static char *in_words(const struct stls_id *id)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (id->kind != STLS_IP_ID)
		return strndup(id->bytes, id->length);
	inet_ntop(id->length == 4 ? AF_INET : AF_INET6, id->bytes, text, sizeof(text));
	return strdup(text);
}

/* The usage of the TLSA record that matched, or -1. */
static int matched_usage(const stls_tls *tls)
{
	uint8_t usage;

	if (tls->trust != STLS_TRUST_DANE ||
	    SSL_get0_dane_tlsa(tls->ssl, &usage, NULL, NULL, NULL, NULL) < 0)
		return -1;
	return usage;
}

/* Whether one of the wanted names is in the leaf.  Under a trust anchor from DNS
 * the common name counts if there is no other (RFC 7672 section 3.2.3). */
static bool name_matches(stls_tls *tls, X509 *leaf, bool common)
{
	struct tls_names names;
	size_t which;
	bool matches;

	if (!tls_names_read(&names, leaf))
		return false;
	if (common)
		tls_names_add_common(&names, leaf);
	matches = stls_identity_match(tls->wanted, tls->wanted_count, names.ids, names.count,
	                              &which) != 0;
	free(tls->matched);
	tls->matched = matches ? in_words(&names.ids[which]) : NULL;
	tls_names_free(&names);
	return matches;
}

/* The chain or the record, then the name; a record of the leaf itself (usage 3)
 * makes the name irrelevant (RFC 7672 section 3.1.1), and a server does not know
 * its clients' names. */
int tls_examine(stls_tls *tls, X509_STORE_CTX *store)
{
	int usage;
	bool named;

	if (tls->trust == STLS_TRUST_DANE && tls->usable == 0)
		return X509_V_ERR_DANE_NO_MATCH;
	if (X509_verify_cert(store) <= 0 && X509_STORE_CTX_get_error(store) == X509_V_OK)
		return X509_V_ERR_UNSPECIFIED;
	usage = matched_usage(tls);
	named = tls->context->role == STLS_SERVER ||
	        name_matches(tls, X509_STORE_CTX_get0_cert(store), usage == TLS_DANE_TA);
	if (X509_STORE_CTX_get_error(store) == X509_V_OK && !named && usage != TLS_DANE_EE)
		return X509_V_ERR_HOSTNAME_MISMATCH;
	return X509_STORE_CTX_get_error(store);
}

static void conclude(stls_tls *tls, int error)
{
	tls->unverified = tls_verify_fault(error);
	tls->verified = error != X509_V_OK              ? STLS_TRUST_ANY
	                : tls->trust == STLS_TRUST_DANE ? STLS_TRUST_DANE
	                                                : STLS_TRUST_PKIX;
}

int tls_verify(X509_STORE_CTX *store, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	stls_tls *tls = SSL_get_app_data(ssl);
	int error = tls_examine(tls, store);

	(void)unused;
	X509_STORE_CTX_set_error(store, error);
	conclude(tls, error);
	if (error == X509_V_OK || tls->trust == STLS_TRUST_ANY)
		return 1;
	tls->shown = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(store));
	tls_fault_set(tls, tls->unverified, X509_verify_cert_error_string(error));
	return 0;
}

void tls_verify_resumed(stls_tls *tls)
{
	if (SSL_get0_peer_certificate(tls->ssl) != NULL)
		conclude(tls, (int)SSL_get_verify_result(tls->ssl));
}

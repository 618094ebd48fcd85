/* SPDX-License-Identifier: ISC */
/* What the peer's certificate would be good for if somebody else were wanted. */
#include <stdlib.h>

#include <openssl/err.h>

#include "tls/internal.h"

static STACK_OF(X509) * shown_by(const stls_tls *tls)
{
	return tls->shown != NULL ? tls->shown : SSL_get_peer_cert_chain(tls->ssl);
}

/* As OpenSSL prepares it for a handshake. */
static bool prepare(X509_STORE_CTX *store, const stls_tls *other, STACK_OF(X509) * chain)
{
	X509_VERIFY_PARAM *param;

	if (X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(other->ssl)),
	                        sk_X509_value(chain, 0), chain) != 1 ||
	    X509_STORE_CTX_set_default(store, "ssl_server") != 1)
		return false;
	param = X509_STORE_CTX_get0_param(store);
	X509_VERIFY_PARAM_set_auth_level(param, SSL_get_security_level(other->ssl));
	if (other->trust == STLS_TRUST_DANE)
		X509_STORE_CTX_set0_dane(store, SSL_get0_dane(other->ssl));
	return X509_VERIFY_PARAM_set1(param, SSL_get0_param(other->ssl)) == 1;
}

static enum stls_fault judge(stls_tls *other, STACK_OF(X509) * chain,
                             const struct stls_tls_peer *peer)
{
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	enum stls_fault fault = STLS_FAULT_INTERNAL;

	other->ssl = SSL_new(other->context->ssl);
	if (store != NULL && other->ssl != NULL && tls_want(other, peer) &&
	    prepare(store, other, chain))
		fault = tls_verify_fault(tls_examine(other, store));
	X509_STORE_CTX_free(store);
	return fault;
}

enum stls_fault stls_tls_judge(const stls_tls *tls, const struct stls_tls_peer *peer)
{
	stls_tls other = {.context = tls->context};
	STACK_OF(X509) *chain = shown_by(tls);
	enum stls_fault fault = STLS_FAULT_NO_CERTIFICATE;

	if (tls->context->role == STLS_CLIENT && sk_X509_num(chain) > 0)
		fault = judge(&other, chain, peer);
	SSL_free(other.ssl);
	free(other.wanted);
	free(other.sni);
	free(other.matched);
	ERR_clear_error();
	return fault;
}

/* SPDX-License-Identifier: ISC */
/* Contexts: RFC 9325 as settings of OpenSSL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "tls/internal.h"

/* RFC 9325 section 4.2 and RFC 8446 section 9.1; AES-128 first: it is as safe as
 * it needs to be, and faster. */
#define AEAD                                                                                       \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define AEAD_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
/* For opportunistic peers: what is advised against still beats plaintext. */
#define WEAKER AEAD ":DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:AESGCM:AES:!aNULL:!PSK:!SRP:@SECLEVEL=1"

/* X25519MLKEM768 where the library has it (OpenSSL 3.5), with a share of X25519
 * beside it, so that peers without it need no second round. */
static bool set_groups(SSL_CTX *ssl)
{
	char lists[][48] = {"*X25519MLKEM768:*X25519:P-256:P-384:P-521",
	                    "X25519:P-256:P-384:P-521"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (SSL_CTX_set1_groups_list(ssl, lists[i]) == 1)
			return true;
		ERR_clear_error();
	}
	return false;
}

static bool set_ciphers(SSL_CTX *ssl, bool weaker)
{
	return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 && set_groups(ssl) &&
	       SSL_CTX_set_ciphersuites(ssl, AEAD_13) == 1 &&
	       SSL_CTX_set_cipher_list(ssl, weaker ? WEAKER : AEAD) == 1;
}

static void set_options(SSL_CTX *ssl, bool weaker)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                             SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	/* TLS-12: the lack of renegotiation_info would only push mail into the
	 * clear (RFC 5746 section 4.2, RFC 7435 section 3). */
	if (weaker)
		SSL_CTX_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
	/* The chain is the one in the file: it is not built anew at each handshake. */
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ssl, 1);
}

/* A peer that renegotiates is noticed by the refusal that OpenSSL sends it. */
static void watch(const SSL *ssl, int where, int what)
{
	stls_tls *tls = SSL_get_app_data(ssl);

	if (tls != NULL && where == SSL_CB_WRITE_ALERT && (what & 0xff) == SSL_AD_NO_RENEGOTIATION)
		tls->renegotiates = true;
}

static bool set_server(const stls_tls_context *context, SSL_CTX *ssl)
{
	SSL_CTX_set_client_hello_cb(ssl, tls_hello, NULL);
	SSL_CTX_set_alpn_select_cb(ssl, tls_alpn_select, NULL);
	if (context->ask_client)
		SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	if (context->ssl != NULL)
		SSL_CTX_set1_cert_store(ssl, SSL_CTX_get_cert_store(context->ssl));
	return SSL_CTX_set_session_id_context(ssl, context->sid, sizeof(context->sid)) == 1 &&
	       tls_tickets_use(ssl);
}

static bool set(const stls_tls_context *context, SSL_CTX *ssl)
{
	set_options(ssl, context->weaker);
	SSL_CTX_set_info_callback(ssl, watch);
	SSL_CTX_set_cert_verify_callback(ssl, tls_verify, NULL);
	if (!set_ciphers(ssl, context->weaker))
		return false;
	return context->role == STLS_SERVER ? set_server(context, ssl)
	                                    : SSL_CTX_dane_enable(ssl) == 1;
}

SSL_CTX *tls_settings(const stls_tls_context *context)
{
	SSL_CTX *ssl =
	    SSL_CTX_new(context->role == STLS_CLIENT ? TLS_client_method() : TLS_server_method());

	if (ssl == NULL || set(context, ssl))
		return ssl;
	SSL_CTX_free(ssl);
	return NULL;
}

static bool set_authorities(stls_tls_context *context, const char *file,
                            struct stls_tls_error *error)
{
	int good = file ? SSL_CTX_load_verify_file(context->ssl, file)
	                : SSL_CTX_set_default_verify_paths(context->ssl);

	ERR_clear_error();
	if (good == 1)
		return true;
	return tls_sentence(error,
	                    "%s: this cannot be read as certificates of authorities in PEM form",
	                    file ? file : "the system's authorities");
}

/* A session made where other clients were believed is not resumed here. */
static bool name_sessions(stls_tls_context *context, const char *ca_file)
{
	char text[4608];

	snprintf(text, sizeof(text), "starttls %d %s", context->ask_client,
	         context->ask_client && ca_file ? ca_file : "");
	return EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), context->sid, NULL) == 1;
}

static bool begin(stls_tls_context *context, const struct stls_tls_settings *settings,
                  struct stls_tls_error *error)
{
	if (settings->role != STLS_CLIENT && settings->role != STLS_SERVER)
		return tls_sentence(error, "a TLS context needs a role: client or server");
	context->references = 1;
	context->role = settings->role;
	context->strict_sni = settings->strict_sni;
	context->weaker = settings->weaker != 0;
	context->ask_client = settings->ask_client != 0;
	if (name_sessions(context, settings->ca_file) && tls_tickets_begin(&context->tickets))
		context->ssl = tls_settings(context);
	context->bio = tls_bio_method();
	if (context->ssl == NULL || context->bio == NULL)
		return tls_sentence(error, "OpenSSL does not take our settings: is it older than "
		                           "3.0, or is there no memory left?");
	return (context->role == STLS_SERVER && !context->ask_client) ||
	       set_authorities(context, settings->ca_file, error);
}

stls_tls_context *stls_tls_context_new(const struct stls_tls_settings *given,
                                       struct stls_tls_error *error)
{
	struct stls_tls_settings settings = {0};
	stls_tls_context *context = calloc(1, sizeof(*context));

	if (context == NULL) {
		tls_sentence(error, "there is no memory left for a TLS context");
		return NULL;
	}
	memcpy(&settings, given, given->size < sizeof(settings) ? given->size : sizeof(settings));
	if (begin(context, &settings, error))
		return context;
	ERR_clear_error();
	context->references = 1;
	stls_tls_context_free(context);
	return NULL;
}

void stls_tls_context_free(stls_tls_context *context)
{
	if (context == NULL || --context->references > 0)
		return;
	tls_shelf_free(&context->shelf);
	tls_words_free(context->words);
	tls_certificates_free(context->certificates);
	tls_tickets_end(&context->tickets);
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->bio);
	free(context);
}

int64_t stls_tls_context_expiry(const stls_tls_context *context)
{
	int64_t earliest = 0;

	for (const struct tls_certificate *one = context->certificates; one; one = one->next) {
		int64_t expiry = tls_seconds(X509_get0_notAfter(one->leaf));

		if (earliest == 0 || expiry < earliest)
			earliest = expiry;
	}
	return earliest;
}

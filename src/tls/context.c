/* SPDX-License-Identifier: ISC */
/* Contexts: RFC 9325 as settings of OpenSSL. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tls/internal.h"

#define AEAD "ECDHE+AESGCM:ECDHE+CHACHA20"
/* For opportunistic peers: what is advised against still beats plaintext. */
#define WEAKER AEAD ":DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:AESGCM:AES:!aNULL:!PSK:!SRP:@SECLEVEL=1"

/* X25519MLKEM768 where the library has it (OpenSSL 3.5). */
static bool set_groups(SSL_CTX *ssl)
{
	if (SSL_CTX_set1_groups_list(ssl, "X25519MLKEM768:X25519:P-256:P-384") == 1)
		return true;
	ERR_clear_error();
	return SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") == 1;
}

static void set_options(SSL_CTX *ssl)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                             SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
	                             SSL_OP_NO_ANTI_REPLAY);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
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

SSL_CTX *tls_settings(const stls_tls_context *context)
{
	SSL_CTX *ssl =
	    SSL_CTX_new(context->role == STLS_CLIENT ? TLS_client_method() : TLS_server_method());

	if (ssl == NULL)
		return NULL;
	set_options(ssl);
	SSL_CTX_set_info_callback(ssl, watch);
	SSL_CTX_set_cert_verify_callback(ssl, tls_verify, NULL);
	if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 && set_groups(ssl) &&
	    SSL_CTX_set_cipher_list(ssl, context->weaker ? WEAKER : AEAD) == 1)
		return ssl;
	SSL_CTX_free(ssl);
	return NULL;
}

static bool set_authorities(stls_tls_context *context, const char *file,
                            struct stls_tls_error *error)
{
	int good = file ? SSL_CTX_load_verify_file(context->ssl, file)
	                : SSL_CTX_set_default_verify_paths(context->ssl);

	if (good == 1)
		return true;
	ERR_clear_error();
	return tls_sentence(error, "%s: cannot be read as certificates of authorities (PEM)",
	                    file ? file : "the system's authorities");
}

static bool begin_server(stls_tls_context *context)
{
	static const unsigned char sid[] = "starttls";

	SSL_CTX_set_client_hello_cb(context->ssl, tls_hello, NULL);
	SSL_CTX_set_alpn_select_cb(context->ssl, tls_alpn_select, NULL);
	if (context->ask_client)
		SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
	return SSL_CTX_set_session_id_context(context->ssl, sid, sizeof(sid) - 1) == 1 &&
	       tls_tickets_begin(context);
}

static bool begin(stls_tls_context *context)
{
	context->ssl = tls_settings(context);
	if (context->ssl == NULL)
		return false;
	if (context->role == STLS_SERVER)
		return begin_server(context);
	return SSL_CTX_dane_enable(context->ssl) == 1;
}

stls_tls_context *stls_tls_context_new(const struct stls_tls_settings *given,
                                       struct stls_tls_error *error)
{
	struct stls_tls_settings settings = {0};
	stls_tls_context *context = calloc(1, sizeof(*context));

	memcpy(&settings, given, given->size < sizeof(settings) ? given->size : sizeof(settings));
	if (context == NULL) {
		tls_sentence(error, "there is no memory left for a TLS context");
		return NULL;
	}
	context->references = 1;
	context->role = settings.role;
	context->strict_sni = settings.strict_sni != 0;
	context->weaker = settings.weaker != 0;
	context->ask_client = settings.ask_client != 0;
	if (!begin(context))
		tls_sentence(error, "OpenSSL does not take our settings; is it older than 3.0?");
	else if ((settings.role == STLS_SERVER && !settings.ask_client) ||
	         set_authorities(context, settings.ca_file, error))
		return context;
	stls_tls_context_free(context);
	return NULL;
}

void stls_tls_context_free(stls_tls_context *context)
{
	if (context == NULL || --context->references > 0)
		return;
	for (size_t i = 0; i < context->slot_count; i++) {
		tls_names_free(&context->slots[i].names);
		if (context->slots[i].ssl != context->ssl)
			SSL_CTX_free(context->slots[i].ssl);
	}
	free(context->slots);
	SSL_CTX_free(context->ssl);
	OPENSSL_cleanse(&context->tickets, sizeof(context->tickets));
	free(context);
}

int64_t stls_tls_context_expiry(const stls_tls_context *context)
{
	return context->expiry;
}

/* SPDX-License-Identifier: ISC */
/*
 * Session tickets (RFC 8446 section 4.6.1): sealed with keys that processes can
 * share and that rotate, and good only for the name they were given under.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "tls/direct.h"
#include "tls/internal.h"

/* 16 octets of name, 32 of AES-256 key, 32 of HMAC-SHA-256 key */
#define KEY_NAME 16

static bool use_key(const EVP_CIPHER *kind, const unsigned char *key, unsigned char *iv,
                    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	unsigned char secret[32];
	OSSL_PARAM params[3];

	memcpy(secret, key + KEY_NAME + 32, sizeof(secret));
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof(secret));
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0);
	params[2] = OSSL_PARAM_construct_end();
	return EVP_MAC_CTX_set_params(mac, params) == 1 &&
	       EVP_CipherInit_ex(cipher, kind, NULL, key + KEY_NAME, iv, seal) == 1;
}

static int seal_new(const struct tls_ticket_keys *tickets, unsigned char *name, unsigned char *iv,
                    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	memcpy(name, tickets->keys[0], KEY_NAME);
	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(tickets->cipher)) != 1)
		return -1;
	return use_key(tickets->cipher, tickets->keys[0], iv, cipher, mac, 1) ? 1 : -1;
}

static int seal_or_open(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                        EVP_MAC_CTX *mac, int seal)
{
	const stls_tls *tls = SSL_get_app_data(ssl);
	const struct tls_ticket_keys *tickets = &tls->context->tickets;

	if (seal)
		return seal_new(tickets, name, iv, cipher, mac);
	for (size_t i = 0; i < tickets->count; i++) {
		if (memcmp(name, tickets->keys[i], KEY_NAME) != 0)
			continue;
		if (!use_key(tickets->cipher, tickets->keys[i], iv, cipher, mac, 0))
			return -1;
		/* 2: and give a new one.  With TLS 1.3 none is used twice, so that
		 * connections cannot be told to be of one client (RFC 8446 appendix C.4). */
		return i == 0 && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
	}
	return 0; /* not ours, or too old: a full handshake */
}

static const char *name_of(const stls_tls *tls)
{
	return tls->sni ? tls->sni : tls->preset ? tls->preset : "";
}

/* TLS-16: a session is resumed under the name that it was made for. */
static int note_name(SSL *ssl, void *unused)
{
	const char *name = name_of(SSL_get_app_data(ssl));

	(void)unused;
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), name, strlen(name));
}

static SSL_TICKET_RETURN check_name(SSL *ssl, SSL_SESSION *session, const unsigned char *key_name,
                                    size_t key_name_length, SSL_TICKET_STATUS status, void *unused)
{
	const char *name = name_of(SSL_get_app_data(ssl));
	void *data = NULL;
	size_t size = 0;

	(void)key_name, (void)key_name_length, (void)unused;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!SSL_SESSION_get0_ticket_appdata(session, &data, &size) || size != strlen(name) ||
	    (size > 0 && memcmp(data, name, size) != 0))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

bool tls_tickets_begin(struct tls_ticket_keys *tickets)
{
	tickets->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	tickets->count = 1;
	return tickets->cipher != NULL && RAND_bytes(tickets->keys[0], STLS_TICKET_KEY_SIZE) == 1;
}

bool tls_tickets_use(SSL_CTX *ssl)
{
	return SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, seal_or_open) == 1 &&
	       SSL_CTX_set_session_ticket_cb(ssl, note_name, check_name, NULL) == 1 &&
	       SSL_CTX_set_num_tickets(ssl, 0) == 1; /* of TLS 1.3: see stls_tls_ticket() */
}

void stls_tls_ticket(stls_tls *tls)
{
	int result;

	if (tls->phase != TLS_UP || tls->ticketed || SSL_new_session_ticket(tls->ssl) != 1)
		return;
	tls->ticketed = true;
	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result != 1 && SSL_get_error(tls->ssl, result) != SSL_ERROR_WANT_WRITE)
		tls_broken(tls);
}

void tls_tickets_end(struct tls_ticket_keys *tickets)
{
	EVP_CIPHER_free(tickets->cipher);
	OPENSSL_cleanse(tickets, sizeof(*tickets));
}

int stls_tls_context_tickets(stls_tls_context *context,
                             const unsigned char (*keys)[STLS_TICKET_KEY_SIZE], size_t count)
{
	if (count == 0 || count > STLS_TICKET_KEYS)
		return -1;
	OPENSSL_cleanse(context->tickets.keys, sizeof(context->tickets.keys));
	memcpy(context->tickets.keys, keys, count * STLS_TICKET_KEY_SIZE);
	context->tickets.count = count;
	return 0;
}

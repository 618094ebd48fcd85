/* SPDX-License-Identifier: ISC */
/*
 * Session tickets (RFC 8446 section 4.6.1): sealed with keys that processes can
 * share and that rotate, and good only for the name they were given under.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "tls/internal.h"

/* 16 octets of name, 32 of AES-256 key, 32 of HMAC-SHA-256 key */
#define KEY_NAME 16

static int use_key(const unsigned char *key, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                   EVP_MAC_CTX *mac, int seal)
{
	unsigned char secret[32];
	OSSL_PARAM params[3];

	memcpy(secret, key + KEY_NAME + 32, sizeof(secret));
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof(secret));
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0);
	params[2] = OSSL_PARAM_construct_end();
	if (!EVP_MAC_CTX_set_params(mac, params) ||
	    !EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + KEY_NAME, iv, seal))
		return -1;
	return 1;
}

static int seal_or_open(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                        EVP_MAC_CTX *mac, int seal)
{
	const stls_tls *tls = SSL_get_app_data(ssl);
	const struct tls_ticket_keys *tickets = &tls->context->tickets;

	if (seal) {
		memcpy(name, tickets->keys[0], KEY_NAME);
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
			return -1;
		return use_key(tickets->keys[0], iv, cipher, mac, 1);
	}
	for (size_t i = 0; i < tickets->count; i++)
		if (memcmp(name, tickets->keys[i], KEY_NAME) == 0)
			return use_key(tickets->keys[i], iv, cipher, mac, 0);
	return 0; /* not ours, or too old: a full handshake */
}

/* TLS-16: a session is resumed under the name that it was made for. */
static int note_name(SSL *ssl, void *unused)
{
	const stls_tls *tls = SSL_get_app_data(ssl);
	const char *sni = tls->sni ? tls->sni : "";

	(void)unused;
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), sni, strlen(sni));
}

static SSL_TICKET_RETURN check_name(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                    size_t length, SSL_TICKET_STATUS status, void *unused)
{
	const stls_tls *tls = SSL_get_app_data(ssl);
	const char *sni = tls->sni ? tls->sni : "";
	void *data = NULL;
	size_t size = 0;

	(void)name, (void)length, (void)unused;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!SSL_SESSION_get0_ticket_appdata(session, &data, &size) || size != strlen(sni) ||
	    (size > 0 && memcmp(data, sni, size) != 0))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

bool tls_tickets_begin(stls_tls_context *context)
{
	if (RAND_bytes(context->tickets.keys[0], STLS_TICKET_KEY_SIZE) != 1)
		return false;
	context->tickets.count = 1;
	return SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ssl, seal_or_open) == 1 &&
	       SSL_CTX_set_session_ticket_cb(context->ssl, note_name, check_name, NULL) == 1 &&
	       SSL_CTX_set_num_tickets(context->ssl, 1) == 1;
}

int stls_tls_context_tickets(stls_tls_context *context,
                             const unsigned char (*keys)[STLS_TICKET_KEY_SIZE], size_t count)
{
	if (count == 0 || count > STLS_TICKET_KEYS)
		return -1;
	OPENSSL_cleanse(&context->tickets, sizeof(context->tickets));
	memcpy(context->tickets.keys, keys, count * STLS_TICKET_KEY_SIZE);
	context->tickets.count = count;
	return 0;
}

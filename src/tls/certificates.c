/* SPDX-License-Identifier: ISC */
/* Our own certificates: read, and checked for what no peer would accept. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls/internal.h"

static FILE *open_file(const char *file, struct stls_tls_error *error)
{
	FILE *stream = fopen(file, "re");

	if (stream == NULL)
		tls_sentence(error, "%s: this file cannot be opened: %s", file, strerror(errno));
	return stream;
}

static bool read_chain(struct tls_certificate *one, FILE *stream, const char *file,
                       struct stls_tls_error *error)
{
	X509 *next;

	one->chain = sk_X509_new_null();
	one->leaf = PEM_read_X509(stream, NULL, NULL, NULL);
	if (one->leaf == NULL || one->chain == NULL)
		return tls_sentence(error, "%s: there is no certificate in PEM form in it", file);
	while ((next = PEM_read_X509(stream, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(one->chain, next) <= 0) {
			X509_free(next);
			return tls_sentence(error, "%s: there is no memory left for it", file);
		}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return tls_sentence(error, "%s: certificate %d in it is damaged", file,
		                    sk_X509_num(one->chain) + 2);
	ERR_clear_error();
	return true;
}

/* Nobody is there to be asked for a password. */
static int no_password(char *to, int size, int writing, void *unused)
{
	(void)to, (void)size, (void)writing, (void)unused;
	return -1;
}

static bool read_key(struct tls_certificate *one, FILE *stream, const char *file,
                     struct stls_tls_error *error)
{
	one->key = PEM_read_PrivateKey(stream, NULL, no_password, NULL);
	if (one->key != NULL)
		return true;
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ)
		return tls_sentence(error, "%s: the key has a password; store it without one",
		                    file);
	return tls_sentence(error, "%s: there is no private key in PEM form in it", file);
}

/* What no client would accept is better said now than at each handshake. */
static bool is_usable(const struct tls_certificate *one, const char *file,
                      struct stls_tls_error *error)
{
	EVP_PKEY *key = X509_get0_pubkey(one->leaf);

	if (X509_cmp_current_time(X509_get0_notAfter(one->leaf)) <= 0)
		return tls_sentence(error, "%s: the certificate has expired; renew it", file);
	if (X509_cmp_current_time(X509_get0_notBefore(one->leaf)) > 0)
		return tls_sentence(
		    error, "%s: the certificate is not valid yet; is the clock right?", file);
	if (key == NULL)
		return tls_sentence(error, "%s: OpenSSL does not know this kind of key", file);
	/* TLS-09 */
	if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < 2048)
		return tls_sentence(error,
		                    "%s: an RSA key of %d bits is too short; 2048 are the least",
		                    file, EVP_PKEY_get_bits(key));
	return true;
}

static bool read_files(struct tls_certificate *one, const char *chain_file, const char *key_file,
                       struct stls_tls_error *error)
{
	FILE *stream = open_file(chain_file, error);
	bool good;

	good = stream && read_chain(one, stream, chain_file, error);
	if (stream != NULL)
		fclose(stream);
	if (!good)
		return false;
	stream = open_file(key_file, error);
	good = stream && read_key(one, stream, key_file, error);
	if (stream != NULL)
		fclose(stream);
	return good;
}

static bool fill(struct tls_certificate *one, const char *chain_file, const char *key_file,
                 struct stls_tls_error *error)
{
	if (!read_files(one, chain_file, key_file, error) || !is_usable(one, chain_file, error))
		return false;
	if (X509_check_private_key(one->leaf, one->key) != 1)
		return tls_sentence(error,
		                    "%s: the key does not belong to the first certificate in %s",
		                    key_file, chain_file);
	if (!tls_names_read(&one->names, one->leaf))
		return tls_sentence(error, "%s: there is no memory left for it", chain_file);
	return true;
}

static bool take(stls_tls_context *context, const struct tls_certificate *one)
{
	if (context->role == STLS_SERVER)
		return tls_shelf_put(context, one);
	return SSL_CTX_use_cert_and_key(context->ssl, one->leaf, one->key, one->chain, 1) == 1;
}

/* The first one is the default: it stays the first. */
static void append(struct tls_certificate **list, struct tls_certificate *one)
{
	while (*list != NULL)
		list = &(*list)->next;
	*list = one;
}

static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "no memory left";
}

int stls_tls_context_add(stls_tls_context *context, const char *chain_file, const char *key_file,
                         struct stls_tls_error *error)
{
	struct tls_certificate *one = calloc(1, sizeof(*one));
	bool good = false;

	ERR_clear_error();
	if (one == NULL)
		tls_sentence(error, "%s: there is no memory left for it", chain_file);
	else if (!fill(one, chain_file, key_file, error))
		tls_certificates_free(one);
	else {
		append(&context->certificates, one); /* even if it is not taken in full */
		good = take(context, one);
		if (!good)
			tls_sentence(error, "%s: OpenSSL does not take the certificate: %s",
			             chain_file, reason());
	}
	ERR_clear_error();
	return good ? 0 : -1;
}

void tls_certificates_free(struct tls_certificate *list)
{
	while (list != NULL) {
		struct tls_certificate *next = list->next;

		X509_free(list->leaf);
		sk_X509_pop_free(list->chain, X509_free);
		EVP_PKEY_free(list->key);
		tls_names_free(&list->names);
		free(list);
		list = next;
	}
}

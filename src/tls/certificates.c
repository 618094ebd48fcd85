/* SPDX-License-Identifier: ISC */
/* A server's certificates: read, checked, and sorted by the names inside. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls/internal.h"

static bool can_read(const char *file, struct stls_tls_error *error)
{
	FILE *stream = fopen(file, "r");

	if (stream == NULL)
		return tls_sentence(error, "%s: %s", file, strerror(errno));
	fclose(stream);
	return true;
}

static X509 *read_leaf(const char *file)
{
	FILE *stream = fopen(file, "r");
	X509 *leaf = stream ? PEM_read_X509(stream, NULL, NULL, NULL) : NULL;

	if (stream)
		fclose(stream);
	ERR_clear_error();
	return leaf;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* What no client would accept is better said now than at each handshake. */
static bool is_usable(X509 *leaf, const char *file, struct stls_tls_error *error)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);

	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		return tls_sentence(error, "%s: the certificate has expired; renew it", file);
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
		return tls_sentence(
		    error, "%s: the certificate is not valid yet; is the clock right?", file);
	if (key == NULL)
		return tls_sentence(error, "%s: the kind of key is unknown to OpenSSL", file);
	/* TLS-09 */
	if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < 2048)
		return tls_sentence(error,
		                    "%s: an RSA key of %d bits is too short; 2048 are the least",
		                    file, EVP_PKEY_get_bits(key));
	return true;
}

static bool load(SSL_CTX *ssl, const char *chain, const char *key, struct stls_tls_error *error)
{
	if (SSL_CTX_use_certificate_chain_file(ssl, chain) != 1)
		return tls_sentence(error, "%s: not a certificate chain that OpenSSL takes (%s)",
		                    chain, ERR_reason_error_string(ERR_peek_last_error()));
	if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(ssl) == 1)
		return true;
	if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
	    ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH)
		return tls_sentence(error, "%s: the key does not belong to the certificate in %s",
		                    key, chain);
	return tls_sentence(error, "%s: not a private key without password in PEM form", key);
}

/* ---- slots ---- */

static bool is_rsa(X509 *leaf)
{
	return EVP_PKEY_is_a(X509_get0_pubkey(leaf), "RSA") != 0;
}

static bool has_id(const struct tls_names *names, const struct stls_id *id)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->ids[i].kind == id->kind && names->ids[i].length == id->length &&
		    memcmp(names->ids[i].bytes, id->bytes, id->length) == 0)
			return true;
	return false;
}

static bool same_names(const struct tls_names *a, const struct tls_names *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!has_id(b, &a->ids[i]))
			return false;
	return true;
}

/* An RSA certificate and another one for the same names share a slot, and the
 * handshake chooses by what the client can verify. */
static struct tls_slot *find_slot(stls_tls_context *context, const struct tls_names *names,
                                  bool rsa)
{
	for (size_t i = 0; i < context->slot_count; i++) {
		struct tls_slot *slot = &context->slots[i];

		if ((rsa ? !slot->has_rsa : !slot->has_other) && same_names(names, &slot->names))
			return slot;
	}
	return NULL;
}

static struct tls_slot *add_slot(stls_tls_context *context, X509 *leaf)
{
	struct tls_slot *slots =
	    realloc(context->slots, (context->slot_count + 1) * sizeof(*slots));
	struct tls_slot *slot;

	if (slots == NULL)
		return NULL;
	context->slots = slots;
	slot = &slots[context->slot_count];
	*slot = (struct tls_slot){0};
	slot->ssl = context->slot_count == 0 ? context->ssl : tls_settings(context);
	if (slot->ssl == NULL || !tls_names_read(&slot->names, leaf))
		return NULL;
	context->slot_count++;
	return slot;
}

static struct tls_slot *slot_for(stls_tls_context *context, X509 *leaf)
{
	struct tls_names names;
	struct tls_slot *slot;

	if (context->role == STLS_CLIENT && context->slot_count > 0)
		return &context->slots[0];
	if (!tls_names_read(&names, leaf))
		return NULL;
	slot = find_slot(context, &names, is_rsa(leaf));
	tls_names_free(&names);
	return slot ? slot : add_slot(context, leaf);
}

static bool add(stls_tls_context *context, X509 *leaf, const char *chain, const char *key,
                struct stls_tls_error *error)
{
	struct tls_slot *slot = slot_for(context, leaf);
	int64_t expiry = seconds_of(X509_get0_notAfter(leaf));

	if (slot == NULL)
		return tls_sentence(error, "%s: there is no memory left for it", chain);
	if (!load(slot->ssl, chain, key, error))
		return false;
	if (is_rsa(leaf))
		slot->has_rsa = true;
	else
		slot->has_other = true;
	if (context->expiry == 0 || expiry < context->expiry)
		context->expiry = expiry;
	return true;
}

int stls_tls_context_add(stls_tls_context *context, const char *chain_file, const char *key_file,
                         struct stls_tls_error *error)
{
	X509 *leaf;
	bool added;

	if (!can_read(chain_file, error) || !can_read(key_file, error))
		return -1;
	leaf = read_leaf(chain_file);
	if (leaf == NULL) {
		tls_sentence(error, "%s: there is no certificate in PEM form in it", chain_file);
		return -1;
	}
	added =
	    is_usable(leaf, chain_file, error) && add(context, leaf, chain_file, key_file, error);
	X509_free(leaf);
	ERR_clear_error();
	return added ? 0 : -1;
}

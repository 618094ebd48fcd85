/* SPDX-License-Identifier: ISC */
/* Certificates in words, kept as long as the connection, or the context. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls/internal.h"

struct tls_words {
	struct stls_certificate certificate;
	struct tls_names names;
	unsigned char *der;
	char subject[256], issuer[256], key[64];
	struct tls_words *next;
	size_t index;
};

static void name_in_words(const X509_NAME *name, char *to, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, to, (int)size - 1);
	to[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

static void curve_in_words(const EVP_PKEY *key, char *to, size_t size)
{
	char group[48] = "";
	size_t length;

	EVP_PKEY_get_group_name(key, group, sizeof(group), &length);
	snprintf(to, size, "ECDSA %s",
	         strcmp(group, "prime256v1") == 0  ? "P-256"
	         : strcmp(group, "secp384r1") == 0 ? "P-384"
	         : strcmp(group, "secp521r1") == 0 ? "P-521"
	                                           : group);
}

static void key_in_words(const EVP_PKEY *key, char *to, size_t size)
{
	const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;

	if (kind == NULL)
		snprintf(to, size, "unknown");
	else if (strcmp(kind, "EC") == 0)
		curve_in_words(key, to, size);
	else if (strcmp(kind, "ED25519") == 0)
		snprintf(to, size, "Ed25519");
	else
		snprintf(to, size, "%s %d", kind, EVP_PKEY_get_bits(key));
}

int64_t tls_seconds(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static bool describe(struct tls_words *words, X509 *x509)
{
	int length = i2d_X509(x509, &words->der);

	if (length < 0 || !tls_names_read(&words->names, x509))
		return false;
	name_in_words(X509_get_subject_name(x509), words->subject, sizeof(words->subject));
	name_in_words(X509_get_issuer_name(x509), words->issuer, sizeof(words->issuer));
	key_in_words(X509_get0_pubkey(x509), words->key, sizeof(words->key));
	words->certificate = (struct stls_certificate){
	    .subject = words->subject,
	    .issuer = words->issuer,
	    .key = words->key,
	    .signature = OBJ_nid2ln(X509_get_signature_nid(x509)),
	    .not_before = tls_seconds(X509_get0_notBefore(x509)),
	    .not_after = tls_seconds(X509_get0_notAfter(x509)),
	    .names = words->names.ids,
	    .name_count = words->names.count,
	    .der = words->der,
	    .der_length = (size_t)length,
	};
	return true;
}

/* As it was sent: a server sees a client's leaf apart from its chain. */
static X509 *peer_certificate(const stls_tls *tls, size_t index)
{
	STACK_OF(X509) *chain = tls->shown ? tls->shown : SSL_get_peer_cert_chain(tls->ssl);

	if (index == 0 && tls->shown == NULL)
		return SSL_get0_peer_certificate(tls->ssl);
	if (tls->context->role == STLS_SERVER)
		index--;
	return chain && index < (size_t)sk_X509_num(chain) ? sk_X509_value(chain, (int)index)
	                                                   : NULL;
}

static struct tls_words *known(struct tls_words *words, size_t index)
{
	while (words != NULL && words->index != index)
		words = words->next;
	return words;
}

static struct tls_words *learn(struct tls_words **list, size_t index, X509 *x509)
{
	struct tls_words *words = x509 ? calloc(1, sizeof(*words)) : NULL;

	if (words == NULL)
		return NULL;
	words->index = index;
	words->next = *list;
	*list = words;
	return describe(words, x509) ? words : NULL;
}

static int tell(const struct tls_words *words, struct stls_certificate *certificate)
{
	if (words == NULL || words->der == NULL)
		return 0;
	*certificate = words->certificate;
	return 1;
}

int stls_tls_certificate(stls_tls *tls, size_t index, struct stls_certificate *certificate)
{
	struct tls_words *words = known(tls->words, index);

	if (words == NULL)
		words = learn(&tls->words, index, peer_certificate(tls, index));
	return tell(words, certificate);
}

static X509 *own_certificate(const stls_tls_context *context, size_t index)
{
	const struct tls_certificate *one = context->certificates;

	while (one != NULL && index-- > 0)
		one = one->next;
	return one ? one->leaf : NULL;
}

int stls_tls_context_certificate(stls_tls_context *context, size_t index,
                                 struct stls_certificate *certificate)
{
	struct tls_words *words = known(context->words, index);

	if (words == NULL)
		words = learn(&context->words, index, own_certificate(context, index));
	return tell(words, certificate);
}

void tls_words_free(struct tls_words *words)
{
	while (words != NULL) {
		struct tls_words *next = words->next;

		tls_names_free(&words->names);
		OPENSSL_free(words->der);
		free(words);
		words = next;
	}
}

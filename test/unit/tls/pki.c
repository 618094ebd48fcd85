/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "pki.h"

#define PAIRS 128
#define FILES 320
#define DAY (24 * 60 * 60)

struct pki {
	char folder[64];
	struct pki_pair pairs[PAIRS];
	size_t pair_count;
	char files[FILES][128];
	size_t file_count;
	const struct pki_pair *ours, *stranger;
	EVP_PKEY *rsa; /* one is enough for all: they are slow to make */
};

static char *new_file(struct pki *pki)
{
	char *file = pki->files[pki->file_count];
	char folder[sizeof(pki->folder)];

	assert_true(pki->file_count < FILES);
	memcpy(folder, pki->folder, sizeof(folder));
	snprintf(file, sizeof(pki->files[0]), "%s/%zu.pem", folder, pki->file_count++);
	return file;
}

static FILE *create(const char *file)
{
	FILE *stream = fopen(file, "we");

	assert_non_null(stream);
	return stream;
}

const char *pki_file(struct pki *pki, const char *text)
{
	char *file = new_file(pki);
	FILE *stream = create(file);

	assert_true(fputs(text, stream) >= 0);
	fclose(stream);
	return file;
}

const char *pki_encrypted(struct pki *pki, const struct pki_pair *pair)
{
	char *file = new_file(pki);
	FILE *stream = create(file);

	assert_int_equal(PEM_write_PKCS8PrivateKey(stream, pair->key, EVP_aes_128_cbc(), "secret",
	                                           6, NULL, NULL),
	                 1);
	fclose(stream);
	return file;
}

/* ---- one certificate ---- */

static EVP_PKEY *make_key(struct pki *pki, enum pki_kind kind)
{
	if (kind == PKI_ECDSA)
		return EVP_EC_gen("P-256");
	if (kind == PKI_RSA_SHORT)
		return EVP_RSA_gen(1024);
	if (pki->rsa == NULL)
		pki->rsa = EVP_RSA_gen(2048);
	EVP_PKEY_up_ref(pki->rsa);
	return pki->rsa;
}

static void set_subject(X509 *x509, const struct pki_wish *wish)
{
	int length = wish->subject_length ? (int)wish->subject_length : -1;

	if (wish->subject != NULL)
		X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_commonName,
		                           MBSTRING_UTF8, (const unsigned char *)wish->subject,
		                           length, -1, 0);
}

static void set_extension(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void set_dates(X509 *x509, const struct pki_wish *wish)
{
	bool given = wish->since != 0 || wish->until != 0;

	X509_gmtime_adj(X509_getm_notBefore(x509), (given ? wish->since : -1) * (long)DAY);
	X509_gmtime_adj(X509_getm_notAfter(x509), (given ? wish->until : 30) * (long)DAY);
}

static const struct pki_pair *signer_of(const struct pki *pki, const struct pki_wish *wish)
{
	if (wish->signer == PKI_ITSELF)
		return NULL;
	return wish->signer == PKI_OURS ? pki->ours : pki->stranger;
}

static void fill(struct pki *pki, struct pki_pair *pair, const struct pki_wish *wish,
                 bool authority)
{
	const struct pki_pair *signer = signer_of(pki, wish);

	pair->leaf = X509_new();
	pair->key = make_key(pki, wish->kind);
	assert_true(pair->leaf != NULL && pair->key != NULL);
	X509_set_version(pair->leaf, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(pair->leaf), (long)pki->pair_count + 1);
	set_dates(pair->leaf, wish);
	set_subject(pair->leaf, wish);
	X509_set_issuer_name(pair->leaf, X509_get_subject_name(signer ? signer->leaf : pair->leaf));
	X509_set_pubkey(pair->leaf, pair->key);
	set_extension(pair->leaf, NID_basic_constraints,
	              authority ? "critical,CA:TRUE" : "CA:FALSE");
	if (wish->names != NULL)
		set_extension(pair->leaf, NID_subject_alt_name, wish->names);
	assert_true(X509_sign(pair->leaf, signer ? signer->key : pair->key, EVP_sha256()) > 0);
}

static void write_pair(struct pki *pki, struct pki_pair *pair, const struct pki_pair *signer)
{
	FILE *stream;

	strcpy(pair->chain_file, new_file(pki));
	strcpy(pair->key_file, new_file(pki));
	stream = create(pair->chain_file);
	assert_int_equal(PEM_write_X509(stream, pair->leaf), 1);
	if (signer != NULL)
		assert_int_equal(PEM_write_X509(stream, signer->leaf), 1);
	fclose(stream);
	stream = create(pair->key_file);
	assert_int_equal(PEM_write_PrivateKey(stream, pair->key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(stream);
}

static const struct pki_pair *issue(struct pki *pki, const struct pki_wish *wish, bool authority)
{
	struct pki_pair *pair = &pki->pairs[pki->pair_count];

	assert_true(pki->pair_count < PAIRS);
	fill(pki, pair, wish, authority);
	write_pair(pki, pair, signer_of(pki, wish));
	pki->pair_count++;
	return pair;
}

const struct pki_pair *pki_issue(struct pki *pki, const struct pki_wish *wish)
{
	return issue(pki, wish, false);
}

/* ---- all of them ---- */

int pki_begin(void **state)
{
	struct pki *pki = calloc(1, sizeof(*pki));

	if (pki == NULL)
		return -1;
	*state = pki;
	strcpy(pki->folder, "/tmp/starttls-pki-XXXXXX");
	if (mkdtemp(pki->folder) == NULL)
		return -1;
	pki->ours =
	    issue(pki, &(struct pki_wish){.subject = "An Authority", .signer = PKI_ITSELF}, true);
	pki->stranger =
	    issue(pki, &(struct pki_wish){.subject = "A Stranger", .signer = PKI_ITSELF}, true);
	return 0;
}

int pki_end(void **state)
{
	struct pki *pki = *state;

	for (size_t i = 0; i < pki->file_count; i++)
		unlink(pki->files[i]);
	rmdir(pki->folder);
	for (size_t i = 0; i < pki->pair_count; i++) {
		X509_free(pki->pairs[i].leaf);
		EVP_PKEY_free(pki->pairs[i].key);
	}
	EVP_PKEY_free(pki->rsa);
	free(pki);
	return 0;
}

const char *pki_authority_file(const struct pki *pki)
{
	return pki->ours->chain_file;
}

X509 *pki_authority(const struct pki *pki)
{
	return pki->ours->leaf;
}

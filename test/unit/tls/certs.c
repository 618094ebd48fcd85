/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* nftw */
#include "certs.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

static char folder[64];

void certs_begin(void)
{
	strcpy(folder, "/tmp/starttls-certs-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

static int unlink_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

void certs_end(void)
{
	assert_int_equal(nftw(folder, unlink_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *path_of(const char *name, const char *suffix)
{
	static char paths[4][256];
	static unsigned at;
	char *path = paths[at++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s%s", folder, name, suffix);
	return path;
}

const char *certs_chain(const char *name)
{
	return path_of(name, ".pem");
}

const char *certs_key(const char *name)
{
	return path_of(name, ".key");
}

const char *certs_write(const char *file, const char *text)
{
	const char *path = path_of(file, "");
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
	return path;
}

static X509 *read_x509(const char *name)
{
	FILE *stream = fopen(certs_chain(name), "r");
	X509 *x509 = stream ? PEM_read_X509(stream, NULL, NULL, NULL) : NULL;

	assert_non_null(x509);
	fclose(stream);
	return x509;
}

static EVP_PKEY *read_key(const char *name)
{
	FILE *stream = fopen(certs_key(name), "r");
	EVP_PKEY *key = stream ? PEM_read_PrivateKey(stream, NULL, NULL, NULL) : NULL;

	assert_non_null(key);
	fclose(stream);
	return key;
}

static void extend(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void fill(X509 *x509, const struct certs_spec *spec, EVP_PKEY *key)
{
	int whole = spec->from != 0 || spec->to != 0;
	const char *common = spec->common ? spec->common : spec->name;
	static long serial = 1;

	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
	X509_time_adj_ex(X509_getm_notBefore(x509), whole ? spec->from : -1, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(x509), whole ? spec->to : 30, 0, NULL);
	X509_set_pubkey(x509, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
	                           (const unsigned char *)common,
	                           spec->common_length ? spec->common_length : -1, -1, 0);
	extend(x509, NID_basic_constraints,
	       spec->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (spec->san)
		extend(x509, NID_subject_alt_name, spec->san);
	if (spec->usage)
		extend(x509, NID_ext_key_usage, spec->usage);
}

static void save(const struct certs_spec *spec, X509 *x509, EVP_PKEY *key, X509 *issuer)
{
	FILE *stream = fopen(certs_chain(spec->name), "w");

	assert_non_null(stream);
	assert_int_equal(PEM_write_X509(stream, x509), 1);
	if (issuer)
		assert_int_equal(PEM_write_X509(stream, issuer), 1);
	assert_int_equal(fclose(stream), 0);
	stream = fopen(certs_key(spec->name), "w");
	assert_non_null(stream);
	assert_int_equal(PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(stream), 0);
}

void certs_make(const struct certs_spec *spec)
{
	EVP_PKEY *key = spec->rsa_bits ? EVP_RSA_gen(spec->rsa_bits) : EVP_EC_gen("P-256");
	X509 *x509 = X509_new(), *issuer = spec->issuer ? read_x509(spec->issuer) : NULL;
	EVP_PKEY *signer = spec->issuer ? read_key(spec->issuer) : NULL;

	assert_non_null(key);
	fill(x509, spec, key);
	X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer : x509));
	assert_true(X509_sign(x509, signer ? signer : key, EVP_sha256()) > 0);
	save(spec, x509, key, issuer);
	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);
	X509_free(x509);
	X509_free(issuer);
}

unsigned char *certs_der(const char *name, size_t *length)
{
	X509 *x509 = read_x509(name);
	unsigned char *der = NULL, *copy;
	int count = i2d_X509(x509, &der);

	assert_true(count > 0);
	*length = (size_t)count;
	copy = malloc(*length);
	assert_non_null(copy);
	memcpy(copy, der, *length);
	OPENSSL_free(der);
	X509_free(x509);
	return copy;
}

void certs_digest(const char *name, int selector, unsigned char digest[32])
{
	X509 *x509 = read_x509(name);
	unsigned char *der = NULL;
	int count = selector == 0 ? i2d_X509(x509, &der)
	                          : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);

	assert_true(count > 0);
	SHA256(der, (size_t)count, digest);
	OPENSSL_free(der);
	X509_free(x509);
}

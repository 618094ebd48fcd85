/* SPDX-License-Identifier: ISC */
/*
 * A library context of OpenSSL for servers, in which the key schedule of TLS 1.3 (RFC 8446
 * section 7.1) is ours.  It takes twenty derivations a handshake, each of them a few hundred
 * nanoseconds of hashing; OpenSSL 3 looks up and sets up a MAC and a hash for each, which
 * costs several times that.
 *
 * Nothing else is different, and it is not used where it does not come to the same
 * results.
 */
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "tls/hkdf.h"
#include "tls/internal.h"

#define NAME "starttls"

struct derivation {
	int mode;
	enum hkdf_hash hash;
	struct hkdf_bytes key, salt;
	struct hkdf_label label;
};

static void *derivation_new(void *provider)
{
	(void)provider;
	return OPENSSL_zalloc(sizeof(struct derivation));
}

static void derivation_free(void *derivation)
{
	OPENSSL_clear_free(derivation, sizeof(struct derivation));
}

static void derivation_reset(void *derivation)
{
	OPENSSL_cleanse(derivation, sizeof(struct derivation));
}

static bool take_bytes(struct hkdf_bytes *to, const OSSL_PARAM *param)
{
	if (param->data_size > sizeof(to->bytes))
		return false;
	if (param->data_size > 0)
		memcpy(to->bytes, param->data, param->data_size);
	to->length = param->data_size;
	return true;
}

static bool take_text(struct hkdf_bytes *to, const OSSL_PARAM *param)
{
	return param->data != NULL && take_bytes(to, param);
}

static bool take_hash(struct derivation *derivation, const OSSL_PARAM *param)
{
	const char *name = param->data;

	if (param->data_type != OSSL_PARAM_UTF8_STRING)
		return false;
	derivation->hash = hkdf_hash(name);
	return derivation->hash != HKDF_NONE;
}

/* What it does not know it must not ignore: it could change the result. */
static bool take(struct derivation *derivation, const OSSL_PARAM *param)
{
	const char *key = param->key;

	if (strcmp(key, OSSL_KDF_PARAM_MODE) == 0)
		return OSSL_PARAM_get_int(param, &derivation->mode) == 1;
	if (strcmp(key, OSSL_KDF_PARAM_DIGEST) == 0)
		return take_hash(derivation, param);
	if (strcmp(key, OSSL_KDF_PARAM_KEY) == 0)
		return take_bytes(&derivation->key, param);
	if (strcmp(key, OSSL_KDF_PARAM_SALT) == 0)
		return take_bytes(&derivation->salt, param);
	if (strcmp(key, OSSL_KDF_PARAM_PREFIX) == 0)
		return take_text(&derivation->label.prefix, param);
	if (strcmp(key, OSSL_KDF_PARAM_LABEL) == 0)
		return take_text(&derivation->label.label, param);
	if (strcmp(key, OSSL_KDF_PARAM_DATA) == 0)
		return take_bytes(&derivation->label.context, param);
	return strcmp(key, OSSL_KDF_PARAM_PROPERTIES) == 0;
}

static int derivation_set(void *derivation, const OSSL_PARAM params[])
{
	for (const OSSL_PARAM *param = params; param != NULL && param->key != NULL; param++)
		if (!take(derivation, param))
			return 0;
	return 1;
}

static int derive(void *given, unsigned char *out, size_t length, const OSSL_PARAM params[])
{
	struct derivation *derivation = given;

	if (derivation_set(derivation, params) != 1 || derivation->hash == HKDF_NONE)
		return 0;
	switch (derivation->mode) {
	case EVP_KDF_HKDF_MODE_EXTRACT_ONLY:
		return hkdf_next_secret(derivation->hash, &derivation->salt, &derivation->label,
		                        &derivation->key, out, length);
	case EVP_KDF_HKDF_MODE_EXPAND_ONLY:
		return hkdf_expand_label(derivation->hash, &derivation->key, &derivation->label,
		                         out, length);
	default: return 0;
	}
}

static const OSSL_PARAM *settable(void *derivation, void *provider)
{
	static const OSSL_PARAM known[] = {
	    OSSL_PARAM_int(OSSL_KDF_PARAM_MODE, NULL),
	    OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_PROPERTIES, NULL, 0),
	    OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, NULL, 0),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_KEY, NULL, 0),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SALT, NULL, 0),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_PREFIX, NULL, 0),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_LABEL, NULL, 0),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_DATA, NULL, 0),
	    OSSL_PARAM_END};

	(void)derivation, (void)provider;
	return known;
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_KDF_NEWCTX, (void (*)(void))derivation_new},
    {OSSL_FUNC_KDF_FREECTX, (void (*)(void))derivation_free},
    {OSSL_FUNC_KDF_RESET, (void (*)(void))derivation_reset},
    {OSSL_FUNC_KDF_DERIVE, (void (*)(void))derive},
    {OSSL_FUNC_KDF_SETTABLE_CTX_PARAMS, (void (*)(void))settable},
    {OSSL_FUNC_KDF_SET_CTX_PARAMS, (void (*)(void))derivation_set},
    {0, NULL}};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM derivations[] = {
	    {OSSL_KDF_NAME_TLS1_3_KDF, "provider=" NAME, functions, NULL},
	    {NULL, NULL, NULL, NULL}};

	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_KDF ? derivations : NULL;
}

static int provide(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                   const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH faces[] = {
	    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query}, {0, NULL}};

	(void)in;
	*out = faces;
	*provider = (void *)(uintptr_t)handle; /* anything but NULL */
	return 1;
}

/* ---- is it the same? ---- */

struct trial {
	int mode;
	const char *hash;
	size_t length;
};

static bool run(OSSL_LIB_CTX *library, const char *whose, const struct trial *trial,
                unsigned char *out)
{
	EVP_KDF *kdf = EVP_KDF_fetch(library, OSSL_KDF_NAME_TLS1_3_KDF, whose);
	EVP_KDF_CTX *one = EVP_KDF_CTX_new(kdf);
	int mode = trial->mode;
	char hash[8], secret[64] = "a secret", prefix[] = "tls13 ", label[] = "derived";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, trial->length),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, secret, trial->length),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, 6),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, label, 7),
	    OSSL_PARAM_construct_end()};
	bool good;

	OPENSSL_strlcpy(hash, trial->hash, sizeof(hash));
	params[1].data_size = strlen(hash);
	good = one != NULL && EVP_KDF_derive(one, out, trial->length, params) == 1;
	EVP_KDF_CTX_free(one);
	EVP_KDF_free(kdf);
	return good;
}

static bool is_the_same(OSSL_LIB_CTX *library)
{
	static const struct trial trials[] = {
	    {EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "SHA256", 32},
	    {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", 32},
	    {EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "SHA384", 48},
	    {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA384", 48},
	};
	unsigned char ours[64], theirs[64];

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		if (!run(library, "provider=" NAME, &trials[i], ours) ||
		    !run(library, "provider=default", &trials[i], theirs) ||
		    memcmp(ours, theirs, trials[i].length) != 0)
			return false;
	return true;
}

bool tls_library_open(struct tls_library *library)
{
	library->context = OSSL_LIB_CTX_new();
	if (library->context == NULL ||
	    OSSL_PROVIDER_add_builtin(library->context, NAME, provide) != 1)
		return false;
	library->everything = OSSL_PROVIDER_load(library->context, "default");
	library->own = OSSL_PROVIDER_load(library->context, NAME);
	if (library->everything == NULL)
		return false;
	if (library->own != NULL && is_the_same(library->context))
		EVP_set_default_properties(library->context, "?provider=" NAME);
	else
		EVP_set_default_properties(library->context, "?provider=default");
	ERR_clear_error();
	return true;
}

void tls_library_close(struct tls_library *library)
{
	if (library->own != NULL)
		OSSL_PROVIDER_unload(library->own);
	if (library->everything != NULL)
		OSSL_PROVIDER_unload(library->everything);
	OSSL_LIB_CTX_free(library->context);
	*library = (struct tls_library){0};
}

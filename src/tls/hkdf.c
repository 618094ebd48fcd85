/* SPDX-License-Identifier: ISC */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init() and its kin, for the sake of speed */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "tls/hkdf.h"

#define MOST SHA512_DIGEST_LENGTH
#define BLOCK_MOST SHA512_CBLOCK

struct hash {
	enum hkdf_hash kind;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha384;
	};
};

static size_t size_of(enum hkdf_hash kind)
{
	return kind == HKDF_SHA256 ? SHA256_DIGEST_LENGTH : SHA384_DIGEST_LENGTH;
}

static void start(struct hash *hash, enum hkdf_hash kind)
{
	hash->kind = kind;
	if (kind == HKDF_SHA256)
		SHA256_Init(&hash->sha256);
	else
		SHA384_Init(&hash->sha384);
}

static void add(struct hash *hash, const void *bytes, size_t count)
{
	if (count == 0)
		return;
	if (hash->kind == HKDF_SHA256)
		SHA256_Update(&hash->sha256, bytes, count);
	else
		SHA384_Update(&hash->sha384, bytes, count);
}

static void finish(struct hash *hash, unsigned char *out)
{
	if (hash->kind == HKDF_SHA256)
		SHA256_Final(out, &hash->sha256);
	else
		SHA384_Final(out, &hash->sha384);
}

/* ---- HMAC (RFC 2104); no key here is longer than a block ---- */

struct hmac {
	struct hash inner, outer;
};

static void pad(struct hash *hash, enum hkdf_hash kind, const unsigned char *key, size_t length,
                unsigned char with)
{
	size_t block = kind == HKDF_SHA256 ? SHA256_CBLOCK : SHA512_CBLOCK;
	unsigned char bytes[BLOCK_MOST];

	memset(bytes, with, block);
	for (size_t i = 0; i < length; i++)
		bytes[i] ^= key[i];
	start(hash, kind);
	add(hash, bytes, block);
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

static void hmac_start(struct hmac *hmac, enum hkdf_hash kind, const unsigned char *key,
                       size_t length)
{
	pad(&hmac->inner, kind, key, length, 0x36);
	pad(&hmac->outer, kind, key, length, 0x5c);
}

static void hmac_finish(struct hmac *hmac, unsigned char *out)
{
	finish(&hmac->inner, out);
	add(&hmac->outer, out, size_of(hmac->outer.kind));
	finish(&hmac->outer, out);
}

/* ---- HKDF ---- */

enum hkdf_hash hkdf_hash(const char *name)
{
	if (strcasecmp(name, "SHA256") == 0 || strcasecmp(name, "SHA2-256") == 0)
		return HKDF_SHA256;
	if (strcasecmp(name, "SHA384") == 0 || strcasecmp(name, "SHA2-384") == 0)
		return HKDF_SHA384;
	return HKDF_NONE;
}

static void extract(enum hkdf_hash kind, const unsigned char *salt, const unsigned char *input,
                    size_t length, unsigned char *out)
{
	struct hmac hmac;

	hmac_start(&hmac, kind, salt, size_of(kind));
	add(&hmac.inner, input, length);
	hmac_finish(&hmac, out);
	OPENSSL_cleanse(&hmac, sizeof(hmac));
}

/* T(i) = HMAC(secret, T(i - 1) | info | i) */
static void expand(enum hkdf_hash kind, const struct hkdf_bytes *secret, const unsigned char *info,
                   size_t count, unsigned char *out, size_t length)
{
	unsigned char round[MOST], number = 1;
	struct hmac keyed, hmac;
	size_t size = size_of(kind);

	hmac_start(&keyed, kind, secret->bytes, secret->length);
	for (size_t made = 0; made < length; number++) {
		size_t part = length - made < size ? length - made : size;

		hmac = keyed;
		add(&hmac.inner, round, made > 0 ? size : 0);
		add(&hmac.inner, info, count);
		add(&hmac.inner, &number, 1);
		hmac_finish(&hmac, round);
		memcpy(out + made, round, part);
		made += part;
	}
	OPENSSL_cleanse(round, sizeof(round));
	OPENSSL_cleanse(&keyed, sizeof(keyed));
	OPENSSL_cleanse(&hmac, sizeof(hmac));
}

static size_t put(unsigned char *to, const struct hkdf_bytes *bytes)
{
	memcpy(to, bytes->bytes, bytes->length);
	return bytes->length;
}

/* struct HkdfLabel */
static size_t write_label(unsigned char *to, const struct hkdf_label *label, size_t length)
{
	size_t at = 3;

	to[0] = (unsigned char)(length >> 8);
	to[1] = (unsigned char)length;
	to[2] = (unsigned char)(label->prefix.length + label->label.length);
	at += put(to + at, &label->prefix);
	at += put(to + at, &label->label);
	to[at++] = (unsigned char)label->context.length;
	return at + put(to + at, &label->context);
}

static bool is_possible(enum hkdf_hash kind, const struct hkdf_bytes *secret, size_t length)
{
	return kind != HKDF_NONE && secret->length <= size_of(kind) && length > 0 &&
	       length <= 255 * size_of(kind);
}

int hkdf_expand_label(enum hkdf_hash kind, const struct hkdf_bytes *secret,
                      const struct hkdf_label *label, unsigned char *out, size_t length)
{
	unsigned char info[4 + sizeof(*label)];

	if (!is_possible(kind, secret, length))
		return 0;
	expand(kind, secret, info, write_label(info, label, length), out, length);
	return 1;
}

static void hash_of_nothing(enum hkdf_hash kind, struct hkdf_bytes *out)
{
	struct hash hash;

	start(&hash, kind);
	finish(&hash, out->bytes);
	out->length = size_of(kind);
}

int hkdf_next_secret(enum hkdf_hash kind, const struct hkdf_bytes *last,
                     const struct hkdf_label *label, const struct hkdf_bytes *input,
                     unsigned char *out, size_t length)
{
	static const unsigned char zeros[MOST];
	unsigned char salt[MOST] = {0};
	struct hkdf_label derived = *label;

	if (kind == HKDF_NONE || length != size_of(kind))
		return 0;
	if (last->length > 0) {
		hash_of_nothing(kind, &derived.context);
		if (hkdf_expand_label(kind, last, &derived, salt, length) != 1)
			return 0;
	}
	extract(kind, salt, input->length > 0 ? input->bytes : zeros,
	        input->length > 0 ? input->length : length, out);
	OPENSSL_cleanse(salt, sizeof(salt));
	return 1;
}

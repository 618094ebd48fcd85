/* SPDX-License-Identifier: ISC */
/* HKDF (RFC 5869) as TLS 1.3 has it (RFC 8446 section 7.1).  1, or 0 for what cannot be. */
#ifndef TLS_HKDF_H
#define TLS_HKDF_H

#include <stddef.h>

enum hkdf_hash { HKDF_NONE, HKDF_SHA256, HKDF_SHA384 };

/* Longer than any secret, hash and label of TLS 1.3. */
struct hkdf_bytes {
	size_t length;
	unsigned char bytes[96];
};

struct hkdf_label {
	struct hkdf_bytes prefix, label, context;
};

enum hkdf_hash hkdf_hash(const char *name);

/* HKDF-Expand-Label */
int hkdf_expand_label(enum hkdf_hash, const struct hkdf_bytes *secret, const struct hkdf_label *,
                      unsigned char *out, size_t length);

/* A step of the key schedule: what Derive-Secret makes of the last secret and of no messages
 * is the salt with which the next secret is extracted.  Without a last secret, and without
 * an input, there are zeros. */
int hkdf_next_secret(enum hkdf_hash, const struct hkdf_bytes *last, const struct hkdf_label *,
                     const struct hkdf_bytes *input, unsigned char *out, size_t length);

#endif

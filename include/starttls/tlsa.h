/* SPDX-License-Identifier: ISC */
/* TLSA records: reading them, and which of them a client for port 25 can use. */
#ifndef STARTTLS_TLSA_H
#define STARTTLS_TLSA_H

#include <stddef.h>

#include <starttls/api.h>
#include <starttls/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reads the data of a record as it is in a DNS message (RFC 6698 section 2.1):
 * three octets and what they are about, which is borrowed.  0, or -1 when it is
 * too short to be one.
 */
STLS_API STLS_MUST_CHECK int stls_tlsa_read(struct stls_tlsa *, const void *wire, size_t length);

/* NULL when the record can be used, else why not, as the rest of a sentence.
 * Usages 0 and 1 cannot (RFC 7672 section 3.1.3), nor can what has an unknown
 * parameter or a digest of the wrong length (RFC 6698 section 4.1). */
STLS_API const char *stls_tlsa_unusable(const struct stls_tlsa *);

/*
 * The records that count: the usable ones, and of each usage and selector the
 * whole certificates or keys and those with the strongest digest only (RFC 7671
 * section 9).  They are copied to out, in their order, which must have room for
 * count and may be the same array.  Returns how many there are.
 */
STLS_API size_t stls_tlsa_select(const struct stls_tlsa *records, size_t count,
                                 struct stls_tlsa *out);

#ifdef __cplusplus
}
#endif

#endif

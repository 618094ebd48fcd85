/* SPDX-License-Identifier: ISC */
/* Why a TLSA record is left out. */
#ifndef POLICY_TLSA_LEFT_H
#define POLICY_TLSA_LEFT_H

#include <starttls/tlsa.h>

/* Of the usable records, by usage and selector, the strongest digest: its matching type.
 * Somebody may publish thousands of them, so that they are not compared one by one. */
struct tlsa_strongest {
	uint8_t matching[4][2];
};
struct tlsa_strongest tlsa_strongest(const struct stls_tlsa *records, size_t count);

/* NULL when stls_tlsa_select() takes that one of the records, else the rest of a
 * sentence. */
const char *tlsa_left_out(const struct tlsa_strongest *, const struct stls_tlsa *record);

#endif

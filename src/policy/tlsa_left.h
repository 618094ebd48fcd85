/* SPDX-License-Identifier: ISC */
/* Why a TLSA record is left out, for whoever explains. */
#ifndef POLICY_TLSA_LEFT_H
#define POLICY_TLSA_LEFT_H

#include <starttls/tlsa.h>

/* NULL when stls_tlsa_select() takes that one of the records, else the rest of a
 * sentence. */
const char *tlsa_left_out(const struct stls_tlsa *records, size_t count, size_t index);

#endif

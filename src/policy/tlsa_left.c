/* SPDX-License-Identifier: ISC */
#include "policy/tlsa_left.h"

const char *tlsa_left_out(const struct stls_tlsa *records, size_t count, size_t index)
{
	struct stls_tlsa pair[2];
	const char *why = stls_tlsa_unusable(&records[index]);

	for (size_t i = 0; !why && i < count; i++) {
		pair[0] = records[index];
		pair[1] = records[i];
		/* the other one is usable, and makes this one of no account */
		if (!stls_tlsa_unusable(&pair[1]) && pair[1].matching > pair[0].matching &&
		    stls_tlsa_select(pair, 2, pair) == 1)
			why = "there is a stronger digest of the same kind";
	}
	return why;
}

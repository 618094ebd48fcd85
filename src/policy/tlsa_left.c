/* SPDX-License-Identifier: ISC */
#include "policy/tlsa_left.h"

struct tlsa_strongest tlsa_strongest(const struct stls_tlsa *records, size_t count)
{
	struct tlsa_strongest strongest = {{{0}}};

	for (size_t i = 0; i < count; i++) {
		const struct stls_tlsa *one = &records[i];

		if (!stls_tlsa_unusable(one) &&
		    one->matching > strongest.matching[one->usage][one->selector])
			strongest.matching[one->usage][one->selector] = one->matching;
	}
	return strongest;
}

/* RFC 7671 section 9: a stronger digest of the same kind makes the weaker ones of
 * no account; what is there as a whole always counts. */
const char *tlsa_left_out(const struct tlsa_strongest *strongest, const struct stls_tlsa *record)
{
	const char *why = stls_tlsa_unusable(record);

	if (!why && record->matching > 0 &&
	    record->matching < strongest->matching[record->usage][record->selector])
		why = "there is a stronger digest of the same kind";
	return why;
}

/* SPDX-License-Identifier: ISC */
/* TLSA records: which of them a client for port 25 can use. */
#include "policy/tlsa_left.h"

int stls_tlsa_read(struct stls_tlsa *record, const void *wire, size_t length)
{
	const unsigned char *bytes = wire;

	if (length < 3)
		return -1;
	*record = (struct stls_tlsa){bytes[0], bytes[1], bytes[2], bytes + 3, length - 3};
	return 0;
}

const char *stls_tlsa_unusable(const struct stls_tlsa *record)
{
	if (record->usage == 0 || record->usage == 1)
		return "usages 0 and 1 mean nothing on port 25";
	if (record->usage > 3)
		return "the usage is unknown";
	if (record->selector > 1)
		return "the selector is unknown";
	switch (record->matching) {
	case 0: return record->length > 0 ? NULL : "there is nothing in it";
	case 1: return record->length == 32 ? NULL : "it is no digest by SHA-256";
	case 2: return record->length == 64 ? NULL : "it is no digest by SHA-512";
	default: return "the matching type is unknown";
	}
}

size_t stls_tlsa_select(const struct stls_tlsa *records, size_t count, struct stls_tlsa *out)
{
	struct tlsa_strongest strongest = tlsa_strongest(records, count);
	size_t kept = 0;

	/* What is written is never ahead of what is read. */
	for (size_t i = 0; i < count; i++)
		if (!tlsa_left_out(&strongest, &records[i]))
			out[kept++] = records[i];
	return kept;
}

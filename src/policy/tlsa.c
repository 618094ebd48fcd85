/* SPDX-License-Identifier: ISC */
/* TLSA records: which of them a client for port 25 can use. */
#include <stdbool.h>

#include <starttls/tlsa.h>

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

/* RFC 7671 section 9: a stronger digest of the same kind makes the weaker ones of
 * no account; what is there as a whole always counts. */
static bool outdone(const struct stls_tlsa *records, size_t count, const struct stls_tlsa *one)
{
	for (size_t i = 0; i < count; i++)
		if (records[i].usage == one->usage && records[i].selector == one->selector &&
		    records[i].matching > one->matching && one->matching > 0)
			return true;
	return false;
}

size_t stls_tlsa_select(const struct stls_tlsa *records, size_t count, struct stls_tlsa *out)
{
	size_t usable = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!stls_tlsa_unusable(&records[i]))
			out[usable++] = records[i];
	/* The strongest ones are never overwritten before they were looked at: what is
	 * written comes from behind, or from the same place. */
	for (size_t i = 0; i < usable; i++) {
		struct stls_tlsa one = out[i];

		if (!outdone(out, usable, &one))
			out[kept++] = one;
	}
	return kept;
}

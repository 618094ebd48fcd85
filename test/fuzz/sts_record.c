/* SPDX-License-Identifier: ISC */
/*
 * TXT records of _mta-sts: the id is what it may be, or none; another record beside it
 * changes nothing; a second one of the kind spoils it.  A line is a record.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starttls/sts.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { RECORDS = 8 };

static void require(int truth)
{
	if (!truth)
		abort();
}

static size_t split(struct stls_text *records, const char *text, size_t size)
{
	size_t count = 0;

	while (count < RECORDS) {
		const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
		size_t length = end ? (size_t)(end - text) : size;

		records[count++] = (struct stls_text){text, length};
		if (!end)
			break;
		text += length + 1;
		size -= length + 1;
	}
	return count;
}

static void check_id(enum stls_sts_record found, const char *id, const char *wrong)
{
	size_t length = strlen(id);

	require((found == STLS_STS_PRESENT) == (length > 0));
	require((found == STLS_STS_MALFORMED) == (wrong != NULL));
	require(length <= STLS_STS_ID_LONGEST);
	for (size_t i = 0; i < length; i++)
		require((id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'z') ||
		        (id[i] >= 'A' && id[i] <= 'Z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stls_text records[RECORDS + 1];
	size_t count = split(records, (const char *)data, size);
	char id[STLS_STS_ID_LONGEST + 1], other[STLS_STS_ID_LONGEST + 1];
	const char *wrong = NULL;
	enum stls_sts_record found = stls_sts_record(records, count, id, &wrong);

	check_id(found, id, wrong);
	records[count] = (struct stls_text){"v=spf1 -all", 11};
	require(stls_sts_record(records, count + 1, other, NULL) == found);
	require(strcmp(id, other) == 0);
	records[count] = (struct stls_text){"v=STSv1;id=x", 12};
	require(stls_sts_record(records, count + 1, other, NULL) ==
	        (found == STLS_STS_ABSENT ? STLS_STS_PRESENT : STLS_STS_MALFORMED));
	return 0;
}

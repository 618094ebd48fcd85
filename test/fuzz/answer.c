/* SPDX-License-Identifier: ISC */
/*
 * DNS messages: whatever they say, an answer is one thing or another, and what it
 * points at is its own.  The first byte chooses what was asked for.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "names/dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(int truth)
{
	if (!truth)
		abort();
}

/* A sanitizer sees whether all of it can be read. */
static unsigned touch(const unsigned char *bytes, size_t length)
{
	unsigned sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	return sum;
}

static void check_records(const struct dns_answer *answer)
{
	unsigned sum = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		require(!record->host != !record->bytes);
		if (record->host)
			sum += (unsigned)strlen(record->host);
		else
			sum += touch(record->bytes, record->length);
		if (answer->type == DNS_A)
			require(record->length == 4);
		if (answer->type == DNS_AAAA)
			require(record->length == 16);
	}
	require(sum < UINT32_MAX);
}

static void check_names(const struct dns_answer *answer)
{
	require(answer->alias_count <= DNS_ALIASES);
	for (size_t i = 0; i < answer->alias_count; i++)
		require(strlen(answer->aliases[i]) < 1025);
	require(strcmp(answer->canonical, answer->alias_count
	                                      ? answer->aliases[answer->alias_count - 1]
	                                      : answer->name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {DNS_A,    DNS_CNAME, DNS_MX,  DNS_TXT,
	                                      DNS_AAAA, DNS_SRV,   DNS_TLSA};
	struct dns_answer *answer;

	if (size < 1)
		return 0;
	answer = dns_answer_read(data + 1, size - 1, "a.test",
	                         types[data[0] % (sizeof(types) / sizeof(types[0]))], DNS_SECURE);
	if (!answer)
		return 0;
	require(answer->security == DNS_FAILED || answer->security == DNS_SECURE);
	require((answer->security == DNS_FAILED) == (*answer->why != '\0'));
	require(answer->security == DNS_SECURE || answer->count == 0);
	require(answer->security == DNS_FAILED ||
	        (answer->absent == DNS_THERE) == (answer->count > 0));
	require(answer->ttl <= 86400);
	check_names(answer);
	check_records(answer);
	free(answer);
	return 0;
}

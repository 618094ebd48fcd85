/* SPDX-License-Identifier: ISC */
/*
 * Policies of MTA-STS: what is accepted has everything it needs; its patterns are names
 * of hosts, and match what they stand for; what comes behind cannot change it; what is
 * refused is nothing at all.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starttls/sts.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void check_pattern(const struct stls_sts_policy *policy, struct stls_text pattern)
{
	char host[400];
	int wild = pattern.bytes[0] == '*';

	require(pattern.length > 0 && pattern.length <= 256);
	require(pattern.length > (wild ? 2 : 0));
	require(!memchr(pattern.bytes + 1, '*', pattern.length - 1));
	require(!memchr(pattern.bytes, ':', pattern.length) &&
	        !memchr(pattern.bytes, ' ', pattern.length));
	snprintf(host, sizeof(host), "%s%.*s", wild ? "A" : "", (int)pattern.length - wild,
	         pattern.bytes + wild);
	/* A label more may be one too many for a name. */
	require(stls_sts_names(policy, host) || strlen(host) > 253);
}

static void check_good(const struct stls_sts_policy *policy, const char *text, size_t size)
{
	static const char more[] = "\nversion: STSv2\nmode: none\nmax_age: 1\n";
	struct stls_sts_policy again = {.size = sizeof(again)};
	char *longer = malloc(size + sizeof(more));

	require(policy->mode >= STLS_STS_NONE && policy->mode <= STLS_STS_ENFORCE);
	require(policy->max_age <= STLS_STS_OLDEST);
	require(policy->mx_count > 0 || policy->mode == STLS_STS_NONE);
	for (size_t i = 0; i < policy->mx_count && i < 64; i++)
		check_pattern(policy, stls_sts_pattern(policy, i));
	require(stls_sts_pattern(policy, policy->mx_count).length == 0);
	require(!stls_sts_names(policy, "192.0.2.1") && !stls_sts_names(policy, ""));
	if (!longer)
		return;
	memcpy(longer, text, size);
	memcpy(longer + size, more, sizeof(more) - 1);
	require(size + sizeof(more) - 1 > STLS_STS_LARGEST ||
	        (!stls_sts_policy(&again, longer, size + sizeof(more) - 1) &&
	         again.mode == policy->mode && again.max_age == policy->max_age &&
	         again.mx_count == policy->mx_count));
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stls_sts_policy policy = {.size = sizeof(policy)};
	const char *text = (const char *)data;

	if (!stls_sts_policy(&policy, text, size))
		check_good(&policy, text, size);
	else
		require(policy.mode == STLS_STS_UNKNOWN && policy.mx_count == 0 &&
		        stls_sts_pattern(&policy, 0).length == 0);
	return 0;
}

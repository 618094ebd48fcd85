/* SPDX-License-Identifier: ISC */
/* Which hosts a policy names (RFC 8461 section 4.1). */
#include <string.h>

#include <starttls/sts.h>

#include "policy/name.h"
#include "policy/sts_lines.h"

static bool same(struct stls_text pattern, const char *host)
{
	char name[NAME_ROOM];

	return name_read(name, pattern.bytes, pattern.length) && strcmp(name, host) == 0;
}

/* "*." is exactly one label. */
static bool matches(struct stls_text pattern, const char *host)
{
	const char *rest = strchr(host, '.');

	if (pattern.length > 2 && pattern.bytes[0] == '*' && pattern.bytes[1] == '.')
		return rest &&
		       same((struct stls_text){pattern.bytes + 2, pattern.length - 2}, rest + 1);
	return same(pattern, host);
}

int stls_sts_names(const struct stls_sts_policy *policy, const char *host)
{
	char name[NAME_ROOM];
	struct stls_text pattern;
	const char *at = NULL;

	if (!name_read(name, host, strlen(host)) || name_is_address(name))
		return 0;
	while (sts_lines_pattern(policy, &at, &pattern))
		if (matches(pattern, name))
			return 1;
	return 0;
}

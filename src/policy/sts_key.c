/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "policy/sts_key.h"

bool sts_key_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".") */
struct stls_text sts_key_read(const char *at, const char *end)
{
	size_t length = 0, room = (size_t)(end - at);

	while (length < room && (sts_key_alphanumeric(at[length]) ||
	                         (length > 0 && at[length] != '\0' && strchr("_-.", at[length]))))
		length++;
	return (struct stls_text){at, length <= 32 ? length : 0};
}

bool sts_key_is(struct stls_text key, const char *name)
{
	return key.length == strlen(name) && memcmp(key.bytes, name, key.length) == 0;
}

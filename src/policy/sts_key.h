/* SPDX-License-Identifier: ISC */
/* The names of fields, the same in record and policy (RFC 8461 section 3.1, 3.2). */
#ifndef POLICY_STS_KEY_H
#define POLICY_STS_KEY_H

#include <stdbool.h>

#include <starttls/sts.h>

bool sts_key_alphanumeric(char);
/* The name at the start of a text; its length is 0 when there is none. */
struct stls_text sts_key_read(const char *at, const char *end);
bool sts_key_is(struct stls_text, const char *name);

#endif

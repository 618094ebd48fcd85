/* SPDX-License-Identifier: ISC */
/* Reference identifiers against presented ones (RFC 9525 section 6). */
#include <stdbool.h>
#include <string.h>

#include <starttls/identity.h>

struct name {
	const char *at;
	size_t length;
};

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool same(struct name a, struct name b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

/* A name as it is compared: printable ASCII, no empty label, no trailing dot.
 * The octets of a certificate may hold anything (CVE-2009-2408: a NUL). */
static bool read_name(const struct stls_id *id, struct name *name)
{
	char before = '.';

	*name = (struct name){id->bytes, id->length};
	if (name->length > 0 && name->at[name->length - 1] == '.')
		name->length--;
	for (size_t i = 0; i < name->length; i++) {
		char c = name->at[i];

		if (c <= ' ' || c >= 127 || (c == '.' && before == '.'))
			return false;
		before = c;
	}
	return name->length > 0 && before != '.';
}

static struct name behind_first_label(struct name name)
{
	const char *dot = memchr(name.at, '.', name.length);

	if (dot == NULL)
		return (struct name){NULL, 0};
	dot++;
	return (struct name){dot, name.length - (size_t)(dot - name.at)};
}

/* ID-05: "*" is one whole label, the first one, and there is only one of it; it
 * never stands for a name directly below the root. */
static bool same_by_wildcard(struct name wanted, struct name presented)
{
	if (presented.length < 3 || presented.at[0] != '*' || presented.at[1] != '.')
		return false;

	struct name rest = {presented.at + 2, presented.length - 2};

	if (memchr(rest.at, '*', rest.length) != NULL || memchr(rest.at, '.', rest.length) == NULL)
		return false;
	return same(behind_first_label(wanted), rest);
}

/* ID-07: "192.0.2.1" is no name, whoever calls it one. */
static bool is_address(struct name name)
{
	while (name.length > 0 && name.at[name.length - 1] >= '0' &&
	       name.at[name.length - 1] <= '9')
		name.length--;
	return name.length == 0 || name.at[name.length - 1] == '.';
}

static bool same_dns(const struct stls_id *wanted, const struct stls_id *presented)
{
	struct name a, b;

	if (!read_name(wanted, &a) || !read_name(presented, &b) ||
	    memchr(a.at, '*', a.length) != NULL || is_address(a))
		return false;
	return same_by_wildcard(a, b) || (memchr(b.at, '*', b.length) == NULL && same(a, b));
}

/* ID-08 (service and name as a pair, no wildcard), and XMPP addresses. */
static bool same_literally(const struct stls_id *wanted, const struct stls_id *presented)
{
	struct name a, b;

	return read_name(wanted, &a) && read_name(presented, &b) && same(a, b) &&
	       memchr(b.at, '*', b.length) == NULL;
}

/* ID-07: an address is its octets. */
static bool same_address(const struct stls_id *wanted, const struct stls_id *presented)
{
	return (wanted->length == 4 || wanted->length == 16) &&
	       wanted->length == presented->length &&
	       memcmp(wanted->bytes, presented->bytes, wanted->length) == 0;
}

static bool same_id(const struct stls_id *wanted, const struct stls_id *presented)
{
	if (wanted->kind != presented->kind)
		return false;
	switch (wanted->kind) {
	case STLS_DNS_ID: return same_dns(wanted, presented);
	case STLS_IP_ID: return same_address(wanted, presented);
	case STLS_SRV_ID:
	case STLS_XMPP_ID: return same_literally(wanted, presented);
	}
	return false;
}

int stls_identity_match(const struct stls_id *wanted, size_t wanted_count,
                        const struct stls_id *presented, size_t presented_count, size_t *which)
{
	for (size_t p = 0; p < presented_count; p++)
		for (size_t w = 0; w < wanted_count; w++)
			if (same_id(&wanted[w], &presented[p])) {
				if (which != NULL)
					*which = p;
				return 1;
			}
	return 0;
}

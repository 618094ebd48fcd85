/* SPDX-License-Identifier: ISC */
/* Next hops, as mail servers write them: "example.org", "example.org:587",
 * "[mail.example.org]:submission", "[192.0.2.1]", "[IPv6:2001:db8::1]:25". */
#include <stdbool.h>
#include <string.h>

#include <starttls/policy.h>

#include "policy/name.h"
#include "policy/sized.h"

struct part {
	const char *at;
	size_t length;
};

static bool read_number(struct part text, unsigned *port)
{
	unsigned value = 0;

	if (text.length < 1 || text.length > 5)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.at[i] - '0');
	}
	*port = value;
	return value > 0 && value < 65536;
}

static bool read_port(struct part text, unsigned *port)
{
	static const struct {
		const char *name;
		unsigned port;
	} services[] = {{"smtp", 25}, {"submission", 587}, {"submissions", 465}, {"smtps", 465}};

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (text.length == strlen(services[i].name) &&
		    memcmp(text.at, services[i].name, text.length) == 0) {
			*port = services[i].port;
			return true;
		}
	return read_number(text, port);
}

static const char *take_name(struct stls_destination *to, struct part name)
{
	for (size_t i = 0; i < name.length; i++)
		if ((unsigned char)name.at[i] >= 128)
			return "internationalised names are written as A-labels here (xn--...)";
	return name_read(to->name, name.at, name.length) ? NULL : "this is no domain name";
}

static const char *take_address(struct stls_destination *to, struct part text)
{
	if (text.length >= NAME_ROOM)
		return "this is no address";
	memcpy(to->name, text.at, text.length);
	to->name[text.length] = '\0';
	to->kind = STLS_DESTINATION_ADDRESS;
	return NULL;
}

/* What is in brackets, or an address without them. */
static const char *take_host(struct stls_destination *to, struct part text)
{
	unsigned char octets[16];

	if (text.length > 5 && text.at[4] == ':' && (text.at[0] | 0x20) == 'i' &&
	    (text.at[1] | 0x20) == 'p' && (text.at[2] | 0x20) == 'v' && text.at[3] == '6') {
		text.at += 5;
		text.length -= 5;
		if (name_address(octets, text.at, text.length) != 16)
			return "this is no IPv6 address";
	}
	if (name_address(octets, text.at, text.length) > 0)
		return take_address(to, text);
	to->kind = STLS_DESTINATION_HOST;
	return take_name(to, text);
}

static const char *take_bare(struct stls_destination *to, struct part text)
{
	unsigned char octets[16];

	if (name_address(octets, text.at, text.length) > 0)
		return take_address(to, text);
	to->kind = STLS_DESTINATION_DOMAIN;
	if (text.length > 1 && text.at[0] == '.') {
		to->kind = STLS_DESTINATION_PARENT;
		text.at++;
		text.length--;
	}
	return take_name(to, text);
}

static const char *read_bracketed(struct stls_destination *to, const char *key)
{
	const char *close = strchr(key, ']');

	if (!close)
		return "there is no \"]\" to the \"[\"";
	if (close[1] == ':') {
		struct part port = {close + 2, strlen(close + 2)};

		if (!read_port(port, &to->port))
			return "there is no such port";
	} else if (close[1] != '\0') {
		return "behind \"]\" only a port can follow";
	}
	return take_host(to, (struct part){key + 1, (size_t)(close - key - 1)});
}

static const char *read_bare(struct stls_destination *to, const char *key)
{
	struct part whole = {key, strlen(key)};
	const char *colon = strchr(key, ':');

	/* More than one: an IPv6 address. */
	if (colon && !strchr(colon + 1, ':')) {
		struct part port = {colon + 1, strlen(colon + 1)};

		if (!read_port(port, &to->port))
			return "there is no such port";
		whole.length = (size_t)(colon - key);
	}
	return take_bare(to, whole);
}

const char *stls_destination_parse(struct stls_destination *out, const char *key)
{
	struct stls_destination to = {.port = 25};
	const char *wrong;

	if (key[0] == '\0')
		wrong = "there is nothing in it";
	else
		wrong = key[0] == '[' ? read_bracketed(&to, key) : read_bare(&to, key);
	if (!wrong && to.kind != STLS_DESTINATION_ADDRESS && name_is_address(to.name))
		wrong = "this is neither a name nor an address";
	if (wrong)
		to = (struct stls_destination){.port = 25};
	sized_out(out, out->size, &to, sizeof(to));
	return wrong;
}

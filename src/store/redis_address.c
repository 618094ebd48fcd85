/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/redis_address.h"

#define PORT 6379

struct slice {
	const char *bytes;
	size_t length;
};

static struct slice slice(const char *from, const char *to)
{
	return (struct slice){from, (size_t)(to - from)};
}

/* The part up to one of the characters, or all; text goes on behind it. */
static struct slice cut(const char **text, const char *ends)
{
	struct slice part = {*text, strcspn(*text, ends)};

	*text += part.length;
	return part;
}

/* The character that "%41" stands for, or -1. */
static int percent(const char *at, size_t left)
{
	char digits[3] = {0};

	if (left < 3)
		return -1;
	memcpy(digits, at + 1, 2);
	if (strspn(digits, "0123456789abcdefABCDEF") != 2)
		return -1;
	return (int)strtol(digits, NULL, 16);
}

/* Takes percents out.  False: it does not fit, or a percent is wrong. */
static bool decode(char *out, size_t room, struct slice in)
{
	size_t used = 0;

	for (size_t i = 0; i < in.length; i++) {
		int c = (unsigned char)in.bytes[i];

		if (c == '%') {
			c = percent(in.bytes + i, in.length - i);
			i += 2;
		}
		if (c <= 0 || used + 1 >= room)
			return false;
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return true;
}

static const char *parse_login(struct redis_address *redis, struct slice login)
{
	const char *colon = memchr(login.bytes, ':', login.length);
	const char *end = login.bytes + login.length;

	if (!colon)
		return "before the @ there is USER:PASSWORD or :PASSWORD";
	if (!decode(redis->user, sizeof(redis->user), slice(login.bytes, colon)) ||
	    !decode(redis->password, sizeof(redis->password), slice(colon + 1, end)))
		return "the user or the password is too long, or has a wrong %";
	return redis->password[0] ? NULL : "the password is empty";
}

static bool set_option(struct redis_address *redis, struct slice name, struct slice value)
{
	const struct {
		const char *name;
		char *out;
		size_t room;
	} options[] = {{"ca", redis->ca, sizeof(redis->ca)},
	               {"cert", redis->cert, sizeof(redis->cert)},
	               {"key", redis->key, sizeof(redis->key)},
	               {"db", redis->database, sizeof(redis->database)}};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strlen(options[i].name) == name.length &&
		    memcmp(options[i].name, name.bytes, name.length) == 0)
			return decode(options[i].out, options[i].room, value);
	return false;
}

/* What is behind "?". */
static const char *parse_options(struct redis_address *redis, const char *text)
{
	while (*text) {
		struct slice name = cut(&text, "=&"), value = {text, 0};

		if (*text == '=') {
			text++;
			value = cut(&text, "&");
		}
		if (*text == '&')
			text++;
		if (!set_option(redis, name, value))
			return "behind the ? there may be ca=FILE, cert=FILE, key=FILE and "
			       "db=NUMBER";
	}
	if (!redis->tls && (redis->ca[0] || redis->cert[0] || redis->key[0]))
		return "ca, cert and key are for TLS, which is rediss://";
	if (!redis->cert[0] != !redis->key[0])
		return "cert and key go together";
	return NULL;
}

static const char *check_database(const struct redis_address *redis)
{
	return redis->database[strspn(redis->database, "0123456789")] ? "the database is a number"
	                                                              : NULL;
}

static const char *parse_host(struct redis_address *redis, struct slice place)
{
	char text[512];
	const char *colon, *bracket;

	if (place.length == 0)
		return "the host is missing";
	if (!decode(text, sizeof(text) - 8, place))
		return "the host is too long, or has a wrong %";
	colon = strrchr(text, ':');
	bracket = strrchr(text, ']');
	if (!colon || (bracket && bracket > colon))
		snprintf(text + strlen(text), 8, ":%d", PORT);
	return address_parse(&redis->address, text);
}

/* Passwords may have an @ in them: it is the last one. */
static const char *last_at(struct slice place)
{
	for (size_t i = place.length; i-- > 0;)
		if (place.bytes[i] == '@')
			return place.bytes + i;
	return NULL;
}

static const char *parse_internet(struct redis_address *redis, const char *text)
{
	struct slice place = cut(&text, "/?");
	const char *at = last_at(place);
	const char *wrong = at ? parse_login(redis, slice(place.bytes, at)) : NULL;

	if (at)
		place = slice(at + 1, place.bytes + place.length);
	if (!wrong)
		wrong = parse_host(redis, place);
	if (wrong)
		return wrong;
	snprintf(redis->host, sizeof(redis->host), "%s", redis->address.host);
	if (*text == '/') {
		text++;
		if (!decode(redis->database, sizeof(redis->database), cut(&text, "?")))
			return "the database is a number";
	}
	return *text == '?' ? parse_options(redis, text + 1) : NULL;
}

static const char *parse_unix(struct redis_address *redis, const char *text)
{
	char path[sizeof("unix:") + 256] = "unix:";
	const char *at, *wrong;

	if (strncmp(text, "//", 2) == 0) {
		text += 2;
		at = strchr(text, '@');
		wrong = at ? parse_login(redis, slice(text, at)) : NULL;
		if (wrong)
			return wrong;
		text = at ? at + 1 : text;
	}
	if (!decode(path + 5, sizeof(path) - 5, cut(&text, "?")))
		return "the path is too long, or has a wrong %";
	wrong = address_parse(&redis->address, path);
	if (wrong)
		return wrong;
	return *text == '?' ? parse_options(redis, text + 1) : NULL;
}

const char *redis_address_parse(struct redis_address *redis, const char *text)
{
	const char *wrong;

	memset(redis, 0, sizeof(*redis));
	if (strncmp(text, "redis+unix:", 11) == 0) {
		wrong = parse_unix(redis, text + 11);
	} else if (strncmp(text, "redis://", 8) == 0) {
		wrong = parse_internet(redis, text + 8);
	} else if (strncmp(text, "rediss://", 9) == 0) {
		redis->tls = true;
		wrong = parse_internet(redis, text + 9);
	} else {
		wrong = "it begins with redis://, rediss:// or redis+unix:";
	}
	return wrong ? wrong : check_database(redis);
}

void redis_address_name(const struct redis_address *redis, char *out, size_t room)
{
	const char *database = redis->database[0] ? redis->database : "0";
	bool is_ip6 = redis->address.kind == ADDRESS_IP6;

	if (redis->address.kind == ADDRESS_UNIX)
		snprintf(out, room, "redis+unix:%s?db=%s", redis->address.host, database);
	else
		snprintf(out, room, "%s://%s%s%s:%u/%s", redis->tls ? "rediss" : "redis",
		         is_ip6 ? "[" : "", redis->address.host, is_ip6 ? "]" : "",
		         (unsigned)redis->address.port, database);
}

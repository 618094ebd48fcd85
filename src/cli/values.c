/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starttls/policy.h>

#include "cli/values.h"
#include "policy/name.h"
#include "store/record.h"

#define A_LABELS "; letters beyond ASCII as A-labels, such as xn--bcher-kva.example"

#define PATH_LONGEST 4000 /* octets; the system's limit, less what is put behind */
#define USER_LONGEST 255

static const char *keep(void *place, const char *text, bool good, const char *allowed)
{
	if (good)
		*(const char **)place = text;
	return good ? NULL : allowed;
}

const char *value_flag(void *place, const char *text)
{
	(void)text;
	*(bool *)place = true;
	return NULL;
}

/* ---- paths ---- */

static bool is_path(const char *text)
{
	return text[0] != '\0' && strnlen(text, PATH_LONGEST + 1) <= PATH_LONGEST;
}

const char *value_file(void *place, const char *text)
{
	return keep(place, text, is_path(text), "the path of a file, in 4000 bytes at most");
}

/* What follows the scheme the store knows. */
const char *value_state(void *place, const char *text)
{
	bool known = text[0] == '/' || strncmp(text, "redis", strlen("redis")) == 0;

	return keep(place, text, known && is_path(text),
	            "the path of a folder, from / on, or redis://HOST, rediss://HOST, "
	            "redis+unix:/PATH, in 4000 bytes at most");
}

/* ---- names ---- */

static bool is_name(const char *text)
{
	char name[NAME_ROOM];

	return name_read(name, text, strlen(text));
}

const char *value_name(void *place, const char *text)
{
	return keep(place, text, is_name(text), "a host name such as mail.example.org" A_LABELS);
}

const char *value_peer(void *place, const char *text)
{
	return keep(place, text, is_name(text) || name_is_address(text),
	            "a name such as mail.example.org, or an address" A_LABELS);
}

const char *value_self(void *place, const char *text)
{
	struct stls_destination to = {.size = sizeof(to)};
	bool literal = text[0] == '[' && stls_destination_parse(&to, text) == NULL &&
	               to.kind == STLS_DESTINATION_ADDRESS && text[strlen(text) - 1] == ']';

	return keep(place, text, literal || is_name(text),
	            "a name such as client.example.org, or an address in brackets, such as "
	            "[192.0.2.1]" A_LABELS);
}

/* ---- texts ---- */

bool value_is_text(const char *text, size_t longest)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return false;
	return length > 0 && length <= longest;
}

const char *value_user(void *place, const char *text)
{
	return keep(place, text, value_is_text(text, USER_LONGEST),
	            "a name to log in with, in 255 bytes at most, without control characters");
}

const char *value_note(void *place, const char *text)
{
	const size_t longest = sizeof(((struct store_host *)NULL)->note) - 1;

	return keep(place, text, value_is_text(text, longest),
	            "a text of 199 bytes at most, without control characters");
}

/* ---- numbers and words ---- */

const char *value_milliseconds(void *place, const char *text)
{
	bool plain = text[strspn(text, "0123456789.")] == '\0';
	char *end;
	double seconds = strtod(text, &end);

	if (!plain || end == text || *end != '\0' || seconds < 0.001 || seconds > 3600)
		return "a number of seconds, 0.001 to 3600";
	*(int64_t *)place = (int64_t)(seconds * 1000);
	return NULL;
}

const char *value_service(void *place, const char *text)
{
	enum stls_service service;

	if (stls_service_named(text, &service) < 0 || service == STLS_SERVICE_RELAY)
		return "submission, imap, pop3, sieve, xmpp-client, xmpp-server";
	*(enum stls_service *)place = service;
	return NULL;
}

const char *value_level(void *place, const char *text)
{
	static const enum stls_level floors[] = {STLS_LEVEL_MAY, STLS_LEVEL_ENCRYPT,
	                                         STLS_LEVEL_SECURE};

	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
		if (strcmp(text, stls_level_name(floors[i])) == 0) {
			*(enum stls_level *)place = floors[i];
			return NULL;
		}
	return "may, encrypt, secure";
}

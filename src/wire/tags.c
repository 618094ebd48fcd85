/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/tags.h"

size_t tag_length(const char *bytes, size_t count)
{
	char quote = '\0';

	for (size_t i = 1; i < count; i++) {
		if (quote != '\0')
			quote = (char)(bytes[i] == quote ? '\0' : quote);
		else if (bytes[i] == '"' || bytes[i] == '\'')
			quote = bytes[i];
		else if (bytes[i] == '>')
			return i + 1;
	}
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name_end(char c)
{
	return is_space(c) || c == '/' || c == '>';
}

bool tag_read(const char *bytes, size_t count, struct tag *tag)
{
	const char *end;

	tag->at = bytes;
	tag->length = tag_length(bytes, count);
	if (tag->length == 0)
		return false;
	tag->closes = bytes[1] == '/';
	tag->empty = bytes[tag->length - 2] == '/' && !tag->closes;
	tag->name = bytes + 1 + tag->closes;
	for (end = tag->name; !is_name_end(*end); end++)
		if (*end == ':')
			tag->name = end + 1;
	tag->name_length = (size_t)(end - tag->name);
	return true;
}

bool tag_is(const struct tag *tag, const char *name)
{
	return strlen(name) == tag->name_length && memcmp(tag->name, name, tag->name_length) == 0;
}

bool tag_is_declaration(const char *bytes, size_t count)
{
	return memcmp(bytes, "<?xml", count < 5 ? count : 5) == 0 &&
	       (count < 6 || is_space(bytes[5]));
}

bool tag_is_forbidden(const char *bytes, size_t count)
{
	return count >= 2 && (bytes[1] == '!' || bytes[1] == '?') &&
	       !tag_is_declaration(bytes, count);
}

/* One attribute from at on: its name, its value; NULL at the end or in nonsense. */
static const char *read_attribute(const char *at, const char *end, size_t *name, const char **value,
                                  size_t *length)
{
	const char *begin = at, *close;

	while (at < end && *at != '=' && !is_name_end(*at))
		at++;
	*name = (size_t)(at - begin);
	while (at < end && (is_space(*at) || *at == '='))
		at++;
	if (at == end || *name == 0 || (*at != '"' && *at != '\''))
		return NULL;
	close = memchr(at + 1, *at, (size_t)(end - at) - 1);
	if (close == NULL)
		return NULL;
	*value = at + 1;
	*length = (size_t)(close - at) - 1;
	return close + 1;
}

const char *tag_attribute(const struct tag *tag, const char *name, size_t *length)
{
	const char *at = tag->name + tag->name_length, *end = tag->at + tag->length, *value;
	size_t found;

	while (at != NULL && at < end) {
		const char *begin;

		while (at < end && is_space(*at))
			at++;
		begin = at;
		at = read_attribute(at, end, &found, &value, length);
		if (at != NULL && found == strlen(name) && memcmp(begin, name, found) == 0)
			return value;
	}
	return NULL;
}

bool tag_attribute_is(const struct tag *tag, const char *name, const char *value)
{
	size_t length;
	const char *found = tag_attribute(tag, name, &length);

	return found != NULL && length == strlen(value) && memcmp(found, value, length) == 0;
}

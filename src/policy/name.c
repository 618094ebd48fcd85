/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "policy/name.h"

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_label_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool name_read(char out[NAME_ROOM], const char *text, size_t length)
{
	size_t label = 0;

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0 || length >= NAME_ROOM)
		return false;
	for (size_t i = 0; i < length; i++) {
		out[i] = lower(text[i]);
		if (out[i] == '.' ? label == 0 : !is_label_character(out[i]) || label == 63)
			return false;
		label = out[i] == '.' ? 0 : label + 1;
	}
	out[length] = '\0';
	return label > 0;
}

bool name_equal(const char *one, const char *other)
{
	while (*one && lower(*one) == lower(*other)) {
		one++;
		other++;
	}
	return *one == '\0' && *other == '\0';
}

bool name_inside(const char *name, const char *domain)
{
	size_t length = strlen(name), tail = strlen(domain);

	if (length < tail || !name_equal(name + (length - tail), domain))
		return false;
	return length == tail || name[length - tail - 1] == '.';
}

bool name_is_root(const char *name)
{
	return name[0] == '\0' || (name[0] == '.' && name[1] == '\0');
}

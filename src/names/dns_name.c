/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "names/dns_name.h"

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static int may_be_in_label(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static const char *check_labels(const char *name)
{
	size_t label = 0;

	for (; *name; name++) {
		if (*name != '.' && !may_be_in_label(*name))
			return "a character of the name is not allowed in names of hosts";
		label = *name == '.' ? 0 : label + 1;
		if (label > 63)
			return "a label of the name has more than 63 characters";
		if (label == 0 && (name[1] == '.' || name[1] == '\0'))
			return "a label of the name is empty";
	}
	return NULL;
}

const char *dns_name(char out[DNS_NAME], const char *text)
{
	size_t length = strlen(text);

	out[0] = '\0';
	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length >= DNS_NAME)
		return "the name has more than 253 characters";
	if (text[0] == '.' && text[1] != '\0')
		return "a label of the name is empty";
	for (size_t i = 0; i < length; i++)
		out[i] = lower(text[i]);
	out[length] = '\0';
	return check_labels(out);
}

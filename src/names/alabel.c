/* SPDX-License-Identifier: ISC */
#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "names/alabel.h"

#define LONGEST 1024 /* octets of UTF-8 in front of 253 of A-labels, and more */

bool alabel_is_foreign(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] >= 128)
			return true;
	return false;
}

static size_t copy(char *out, size_t room, const char *text, size_t length)
{
	if (length >= room)
		return 0;
	memcpy(out, text, length);
	out[length] = '\0';
	return length;
}

/* As mail servers do it before they ask DNS.  Hearts and snowmen are no letters of names
 * (RFC 5892), but there are such domains: the older reading, which has "ss" for a sharp s, knows
 * them. */
static uint8_t *look_up(const char *name)
{
	uint8_t *found = NULL;
	int error =
	    idn2_lookup_u8((const uint8_t *)name, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

	if (error == IDN2_DISALLOWED)
		error = idn2_lookup_u8((const uint8_t *)name, &found,
		                       IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
	return error == IDN2_OK ? found : NULL;
}

/* The name, and what is in front of it and behind it: "[", "]:25". */
static size_t convert(char *out, size_t room, const char *name, const char *front,
                      const char *behind)
{
	uint8_t *found = look_up(name);
	int wrote;

	if (!found)
		return 0;
	wrote = snprintf(out, room, "%s%s%s", front, (const char *)found, behind);
	idn2_free(found);
	return wrote > 0 && (size_t)wrote < room ? (size_t)wrote : 0;
}

size_t alabel_next_hop(char *out, size_t room, const char *text, size_t length)
{
	char name[LONGEST], behind[LONGEST];
	size_t front = length > 0 && text[0] == '[', named;

	if (!alabel_is_foreign(text, length))
		return copy(out, room, text, length);
	if (length >= LONGEST || memchr(text, '\0', length))
		return 0;
	copy(name, sizeof(name), text + front, length - front);
	named = strcspn(name, front ? "]" : ":");
	strcpy(behind, name + named);
	name[named] = '\0';
	if (alabel_is_foreign(behind, strlen(behind)))
		return 0;
	return convert(out, room, name, front ? "[" : "", behind);
}

/* SPDX-License-Identifier: ISC */
/* How octets are written in a duet. */
#ifndef DUETS_TEXT_H
#define DUETS_TEXT_H

#include "duet.h"

/* "\r", "\x16", "\{20}a": false where an escape is none. */
bool text_escaped(struct octets *, const char *text);
/* "30 0c "text"": false where a digit is none. */
bool text_hexadecimal(struct octets *, const char *text);
/* The other way round, for messages; the result is to be freed. */
char *text_shown(const char *bytes, size_t count);

#endif

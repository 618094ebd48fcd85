/* SPDX-License-Identifier: ISC */
/* Internationalised names as DNS has them: "xn--bcher-kva.example" (RFC 5891, Unicode TR
 * 46). */
#ifndef NAMES_ALABEL_H
#define NAMES_ALABEL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it is more than ASCII. */
bool alabel_is_foreign(const char *text, size_t length);

/* A next hop as a mail server writes it, in UTF-8, with its name in A-labels; what is
 * ASCII is copied as it is.  The length, or 0 when it is no name, or does not fit. */
size_t alabel_next_hop(char *out, size_t room, const char *text, size_t length);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Text that ends with a dot alone on a line: messages of SMTP (RFC 5321 section
 * 4.1.1.4), articles and multi-line blocks of NNTP (RFC 3977 section 3.1.1).
 * It passes as it is, at the speed of memchr(); never are more than a dot and a
 * CR kept back.
 */
#ifndef WIRE_SCREEN_DOTS_H
#define WIRE_SCREEN_DOTS_H

#include <stdbool.h>
#include <stddef.h>

struct screen_dots {
	char before[2]; /* the two octets before the view */
};

enum screen_end {
	TEXT_GOES_ON, /* take octets may pass; 0: hold */
	TEXT_ENDS,    /* with these take octets */
	TEXT_SMUGGLES /* at the front is an end only to those who forgive bare CR or LF */
};

void screen_dots_begin(struct screen_dots *);

/* strictly: look out for smugglers; else only CR LF "." CR LF means anything. */
enum screen_end screen_dots(struct screen_dots *, bool strictly, const char *bytes, size_t count,
                            size_t *take);

#endif

/* SPDX-License-Identifier: ISC */
/* Netstrings: "5:hello,".  What Postfix's socketmap_table(5) is made of. */
#ifndef WIRE_NETSTRING_H
#define WIRE_NETSTRING_H

#include <stddef.h>

/*
 * The netstring at the front: how long it is as a whole, and where its body is.
 * 0: it is not all there; -1: it is none, or its body is longer than most.  A
 * length has no leading zero, and is believed only up to most, so that nobody
 * waits for what would not be taken (MAP-03).
 */
ptrdiff_t netstring_read(const char *bytes, size_t count, size_t most, const char **body,
                         size_t *length);

/* The length of what was written; 0 when it does not fit. */
size_t netstring_write(char *out, size_t room, const char *body, size_t length);

#endif

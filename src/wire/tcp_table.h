/* SPDX-License-Identifier: ISC */
/* Postfix's tcp_table(5): "get KEY" and a line feed, answered by "200 VALUE". */
#ifndef WIRE_TCP_TABLE_H
#define WIRE_TCP_TABLE_H

#include <stddef.h>

#define TCP_TABLE_LINE 4096 /* octets, with the line feed */

/*
 * The request at the front: how long it is, with its line feed; 0: it is not all
 * there; -1: it is none.  The key is decoded to out, which has room for
 * TCP_TABLE_LINE octets, and has no NUL and no line feed in it.
 */
ptrdiff_t tcp_table_read(const char *bytes, size_t count, char *out, size_t *length);

/* A reply: 200 found, 500 not found, 400 try again.  The length of what was
 * written, at most TCP_TABLE_LINE; 0 when it does not fit. */
size_t tcp_table_write(char *out, size_t room, unsigned code, const char *text, size_t length);

#endif

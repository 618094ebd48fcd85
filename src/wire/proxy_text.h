/* SPDX-License-Identifier: ISC */
/* Addresses as PROXY v1 writes them: text without inet_ntop(), which is libc's
 * network part and so not for this room. */
#ifndef WIRE_PROXY_TEXT_H
#define WIRE_PROXY_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define PROXY_TEXT_MAX 40 /* eight groups of four, seven colons, NUL */

/* Dotted quad, and the form of RFC 5952. Returns the length. */
size_t proxy_text_put4(char out[PROXY_TEXT_MAX], const uint8_t address[4]);
size_t proxy_text_put6(char out[PROXY_TEXT_MAX], const uint8_t address[16]);

/* The whole text must be one address. 0 or -1. */
int proxy_text_get4(uint8_t address[4], const char *text, size_t length);
int proxy_text_get6(uint8_t address[16], const char *text, size_t length);

/* A decimal number without sign or leading zeroes, at most max. 0 or -1. */
int proxy_text_number(unsigned *number, const char *text, size_t length, unsigned max);

#endif

/* SPDX-License-Identifier: ISC */
/* Names as they may be asked for. */
#ifndef NAMES_DNS_NAME_H
#define NAMES_DNS_NAME_H

#define DNS_NAME 254 /* with the zero octet */

/*
 * In lower case and without the dot at the end; labels of letters, digits, hyphens
 * and underscores (RFC 1123 section 2.1; underscores as in RFC 8552), 63 octets at
 * most, 253 together (RFC 1035 section 2.3.4).  "." and "" are the root.  NULL, or
 * what is wrong as a sentence without a dot.
 */
const char *dns_name(char out[DNS_NAME], const char *text);

#endif

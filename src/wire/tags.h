/* SPDX-License-Identifier: ISC */
/*
 * Tags of restricted XML (RFC 6120 section 11.1): no comments, no DTD, no
 * processing instructions but the declaration, so that a tag is what stands
 * between "<" and the next ">" outside of quotes.  That is all that the
 * dialogue before TLS and the screens need to know of XML.
 */
#ifndef WIRE_TAGS_H
#define WIRE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

struct tag {
	const char *at;   /* the "<" */
	size_t length;    /* up to and with the ">" */
	const char *name; /* without its prefix */
	size_t name_length;
	bool closes; /* </name> */
	bool empty;  /* <name/> */
};

/* The length of the tag at the front of bytes, 0 if its end is not there. */
size_t tag_length(const char *bytes, size_t count);

/* Reads the tag at the front; false if its end is not there. */
bool tag_read(const char *bytes, size_t count, struct tag *);

bool tag_is(const struct tag *, const char *name);

/* Whether what begins here is not restricted XML. */
bool tag_is_forbidden(const char *bytes, size_t count);
/* ... or the XML declaration, which may begin a stream. */
bool tag_is_declaration(const char *bytes, size_t count);

/* The value of an attribute, with its prefix if it has one: NULL, or not
 * terminated with a length.  Entities are not resolved. */
const char *tag_attribute(const struct tag *, const char *name, size_t *length);
bool tag_attribute_is(const struct tag *, const char *name, const char *value);

#endif

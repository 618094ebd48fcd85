/* SPDX-License-Identifier: ISC */
/*
 * The head of an HTTP/1 request (RFC 9112), as far as a server needs it that
 * answers GET and HEAD and closes.  A body, if one follows, is not read.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include <stddef.h>

struct http_text {
	const char *bytes; /* NULL: there is none */
	size_t length;
};

/* Points into the bytes that were read. */
struct http_request {
	struct http_text method;
	struct http_text path; /* without the query */
	struct http_text accept;
};

#define HTTP_PART 0 /* it goes on */
#define HTTP_WHOLE 200

/* One of the above, or the status of the answer that a bad one gets: 400, 505.  A
 * part of a good head is never bad. */
unsigned http_read(const char *bytes, size_t count, struct http_request *);

/* With case. */
int http_text_is(struct http_text, const char *word);

/* A reason for those that we give; never NULL. */
const char *http_reason(unsigned status);

#endif

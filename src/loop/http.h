/* SPDX-License-Identifier: ISC */
/*
 * A small HTTP server for machines that ask how we are: GET and HEAD, one request
 * a connection, nothing that could be kept waiting.  It holds 32 connections; who
 * comes then takes the place of whoever has been there longest, so that nobody
 * keeps the others out.
 */
#ifndef LOOP_HTTP_H
#define LOOP_HTTP_H

#include <stddef.h>

#include "loop/loop.h"
#include "wire/http.h"

struct http_answer {
	unsigned status;  /* as http_reason() knows it */
	const char *type; /* of the body; constant */
	char *body;       /* the server frees it; NULL: the reason is the body */
	size_t length;
};

struct http_acts {
	/* The method is GET or HEAD; the answer is that of GET for both. */
	void (*asked)(void *owner, const struct http_request *, struct http_answer *);
	/* As with listeners (listen.h). */
	void (*troubled)(void *owner, int error);
	void (*empty)(void *owner); /* retired, and nobody is there any more */
	void *owner;
};

struct http;

/* Listens on sockets, which it takes over (also on failure).  NULL when memory is
 * out. */
struct http *http_open(struct loop *, const int *fds, size_t count, const struct http_acts *);
/* Listens no more, and answers whoever is there. */
void http_retire(struct http *);
void http_close(struct http *); /* NULL is fine */

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Lines as screens see them: at the front of the owner's buffer.
 *
 * A screen and the service behind it must agree on what is a command.  Services
 * differ in what they forgive (bare line ends, tabs, quotes around a verb,
 * literals where none belong), so what is not plain is not passed on to them.
 */
#ifndef WIRE_SCREEN_LINES_H
#define WIRE_SCREEN_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/screen.h"

enum screen_line {
	LINE_WHOLE, /* it ends with CR LF; length counts both */
	LINE_PART,  /* its end is not there yet */
	LINE_LONG,  /* ... and it is longer than anything that a screen waits for */
	LINE_BARE   /* something is in it that does not belong there: a bare CR or LF, a NUL */
};

#define SCREEN_LINE 4096

/* For clients: strictly.  For services, whom the operator chose, a bare LF ends
 * a line as well. */
enum screen_line screen_client_line(const char *bytes, size_t count, size_t *length);
enum screen_line screen_service_line(const char *bytes, size_t count, size_t *length);

/* What to do with a line that is not whole: wait for its end, or close with one of
 * these words; NULL where it cannot come to that (a service's line is never bare). */
struct screen_step screen_not_whole(enum screen_line, const char *too_long, const char *bare);

/*
 * A client's part of a SASL exchange, or the rest of one: base64, "=" or "*"
 * (RFC 4954 section 4, RFC 9051 section 6.2.2, RFC 5034 section 4, RFC 4643
 * section 2.4) and CR LF, of any length.  LINE_PART: length octets may pass;
 * LINE_BARE: what is at the front belongs to no response.
 * Nothing that matters can be said in these characters, so that it does no harm
 * even to a service that takes it for a command.
 */
enum screen_line screen_response(const char *bytes, size_t count, size_t *length);
/* How many of these characters there are at the front. */
size_t screen_base64(const char *bytes, size_t count);

/* A copy of a line without its end, as far as it fits, for the word helpers. */
struct screen_text {
	char text[512];
};
void screen_copy(struct screen_text *, const char *line, size_t length);

/* The reply code that a line begins with, as reply_code() has it. */
unsigned screen_code(const char *line, size_t length, bool *last);

/* The length of a line without its end. */
size_t screen_chomp(const char *line, size_t length);

/* Whether a line begins with a verb: letters, digits and hyphens up to a space or
 * the end. */
bool screen_has_verb(const char *line);

/* The octets of a literal ("{n}", "{n+}") that a line ends with: true if there is
 * one; waits tells whether it needs the other side's consent. */
bool screen_literal(const char *line, size_t length, size_t *octets, bool *waits);

/*
 * CB-04: channel binding ends at a gateway, so mechanisms that need it are not
 * for the client.  screen_mechanisms() copies a list of words without them and
 * returns its length.
 */
bool screen_binds(const char *word, size_t length);
size_t screen_mechanisms(char *to, const char *from, size_t length);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Lines: the framing of SMTP, IMAP, POP3 and their relatives, and the small
 * words that their vocabularies are made of.
 */
#ifndef WIRE_LINES_H
#define WIRE_LINES_H

#include "wire/machine.h"

/*
 * A line ends with CR LF and nothing else: a bare CR, a bare LF or a NUL is no
 * line end and belongs into no line (RFC 5321 section 2.3.8).  The unit is the
 * line without its CR LF.  lines_take() knows no literals.
 *
 * literal_lines_take() also takes what belongs to a line that ends with "{n}" or
 * "{n+}": n octets, which are counted and thrown away, and the line that goes
 * on behind them (RFC 9051 section 4.3, RFC 7888 section 3, RFC 5804 section 4).
 * A client's "{n}" waits for our consent, so there the unit ends; a server says no "{n+}".
 * In the unit a space stands for the octets.
 */
size_t lines_take(struct stls_dialogue *, const char *bytes, size_t count, enum cut *);
size_t literal_lines_take(struct stls_dialogue *, const char *bytes, size_t count, enum cut *);

/* ASCII without case. */
bool word_is(const char *text, size_t length, const char *word);
/* Whether text begins with the whole word: behind it comes a space or the end.
 * If so, rest points behind the spaces that follow. */
bool word_begins(const char *text, const char *word, const char **rest);
/* Whether text begins with one of these whole words; NULL ends them. */
bool word_one_of(const char *text, const char *const *words);
/* The length of the first word: up to a space or the end. */
size_t word_length(const char *text);
bool text_begins(const char *text, const char *prefix); /* ASCII without case */

/* A three-digit reply code and what is behind it: SP, "-" or the end (SMTP-R-01);
 * 0 if there is none.  text then points behind the separator. */
unsigned reply_code(const char *line, bool *last, const char **text);

#endif

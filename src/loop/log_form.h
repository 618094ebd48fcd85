/* SPDX-License-Identifier: ISC */
/* The forms of a line. */
#ifndef LOOP_LOG_FORM_H
#define LOOP_LOG_FORM_H

#include "loop/log.h"

/* A text being put together where there is that much room. */
struct log_draft {
	char *bytes;
	size_t length, room;
	bool full; /* something did not fit */
};

/* The bytes, or none of them. */
void log_put(struct log_draft *, const char *bytes, size_t count);
void log_put_text(struct log_draft *, const char *text);

/* How the character (or what is none) at the beginning of some bytes is escaped, as it
 * cannot be written as it is: how many of them that were, and the length of what out
 * now has. */
#define LOG_ESCAPE 12
typedef size_t log_escape(char out[LOG_ESCAPE], size_t *length, const unsigned char *bytes,
                          size_t count);
log_escape log_escape_logfmt, log_escape_json;

/* As many characters as there is room for. */
void log_put_escaped(struct log_draft *, log_escape *, const char *bytes, size_t count);

/* Where a line begins: without time for who has a clock of his own, and also without
 * level for who keeps that apart. */
enum log_from { LOG_FROM_TIME, LOG_FROM_LEVEL, LOG_FROM_EVENT };

/* The line, without its newline.  When something was left out, it says so. */
void log_form(struct log_draft *, const struct log_line *, enum log_format, enum log_from);

#endif

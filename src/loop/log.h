/* SPDX-License-Identifier: ISC */
/*
 * The log: one event a line, as key=value pairs (logfmt), written at once and
 * whole to a descriptor.
 *
 *	ts=2026-01-31T12:00:00.123Z level=info event=session front=mail bytes=120
 *
 * What peers say gets into values only, and there everything but printable ASCII
 * is escaped, so that nobody can forge a line, a key, or what a terminal shows.
 */
#ifndef LOOP_LOG_H
#define LOOP_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
	int fd;
	enum log_level level; /* what is less important is not written */
	/* NULL, or asked for every line that would be written whether it may be, so
	 * that a flood of events is not a flood of lines. */
	int (*allow)(void *owner, enum log_level, const char *event);
	void *owner;
	uint64_t suppressed; /* since the last line, which tells */
};

/* No line is longer, and a pipe takes that much in one piece (pipe(7)). */
#define LOG_LINE 4096

/* A line in the making.  An open one that is never ended is never written. */
struct log_line {
	struct log *log; /* NULL: not to be written, and adding to it costs nothing */
	size_t length;
	int full; /* something did not fit: "truncated=true" tells */
	char bytes[LOG_LINE];
};

/* Keys and events are words of ours, of letters, digits, "-", "_" and ".". */
void log_begin(struct log_line *, struct log *, enum log_level, const char *event);
void log_text(struct log_line *, const char *key, const char *value); /* NULL: left out */
void log_bytes(struct log_line *, const char *key, const void *bytes, size_t count);
void log_number(struct log_line *, const char *key, int64_t value);
void log_end(struct log_line *);

/* A line with a text of ours: event=... message="...". */
__attribute__((format(printf, 4, 5))) void log_say(struct log *, enum log_level, const char *event,
                                                   const char *format, ...);

#endif

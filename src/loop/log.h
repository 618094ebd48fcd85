/* SPDX-License-Identifier: ISC */
/*
 * The log: one event a line, as key=value pairs (logfmt) or as an object (JSON),
 * written at once and whole, to a descriptor or to the system's journal or syslog.
 *
 *	ts=2026-01-31T12:00:00.123Z level=info event=session front=mail bytes=120
 *	{"ts":"2026-01-31T12:00:00.123Z","level":"info","event":"session","front":"mail","bytes":120}
 *
 * What peers say gets into values only, and there everything but printable ASCII
 * is escaped, so that nobody can forge a line, a key, or what a terminal shows.
 *
 * A log never waits: what nobody takes is lost, and counted.
 */
#ifndef LOOP_LOG_H
#define LOOP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/log_bucket.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };
enum log_to { LOG_TO_STDERR, LOG_TO_JOURNAL, LOG_TO_SYSLOG };

struct log_settings {
	enum log_level level; /* what is less important is not written */
	enum log_format format;
	enum log_to to;
	unsigned rate;            /* lines a second that strangers can cause; 0: no limit */
	const char *path;         /* of the socket of journal or syslog; NULL: where it always is */
	_Atomic uint64_t *missed; /* NULL, or counts all lines that were not written */
};

/*
 * One process' log.  Either log_open() made it, or it is just a descriptor:
 *
 *	struct log log = {.fd = STDERR_FILENO, .level = LOG_LEVEL_INFO};
 */
struct log {
	int fd; /* for lines to stderr, and for those whose destination is away */
	enum log_level level;
	enum log_format format;
	bool ready;    /* a write to the descriptor never waits */
	bool prefixed; /* "<6>" for the journal behind the descriptor, see sd-daemon(3) */
	bool torn;     /* what is there may end in the middle of a line */
	struct log_bucket strangers;
	uint64_t suppressed, lost; /* since a line told */
	_Atomic uint64_t *missed;

	enum log_to to; /* what follows is not of LOG_TO_STDERR */
	int socket;     /* -1: the destination is away */
	const char *path;
	int64_t silent_until; /* so that it is not said with every line */
};

/*
 * Opens the destination, before the file system is out of reach.  One that is away
 * is looked for again with every line, which only takes socket(2) and connect(2);
 * until then lines go to stderr, and once a minute one tells why.  The path stays
 * where it is for as long as the log is in use.
 *
 * Processes forked later write to the log they inherit, each with a limit of its own.
 */
void log_open(struct log *, const struct log_settings *);

/* The last word, see log_tell(). Lines written later go to stderr. */
void log_close(struct log *);

/* Has a line tell what was not written since the last line, if anything was not.
 * For once a minute, as otherwise only the next line tells. */
void log_tell(struct log *);

/* No line is longer, and a pipe takes that much in one piece (pipe(7)). */
#define LOG_LINE 4096
#define LOG_PAIRS 64

struct log_pair {
	const char *key;
	uint16_t length; /* of its value, which follows that of the pair before */
	bool number;
};

/* A line in the making.  An open one that is never ended is never written. */
struct log_line {
	struct log *log; /* NULL: not to be written, and adding to it costs nothing */
	enum log_level level;
	uint64_t suppressed, lost; /* that it tells of */
	bool full;                 /* something did not fit, and the line says so */
	size_t count, length;
	struct log_pair pairs[LOG_PAIRS];
	char bytes[LOG_LINE];
};

/* Keys and events are words of ours, of letters, digits, "-", "_" and ".", and stay
 * where they are until the end of the line. */
void log_begin(struct log_line *, struct log *, enum log_level, const char *event);

/* The same for what anybody can cause at will, before having shown any good faith:
 * a flood of such events is not a flood of lines. */
void log_begin_stranger(struct log_line *, struct log *, enum log_level, const char *event);

void log_text(struct log_line *, const char *key, const char *value); /* NULL: left out */
void log_bytes(struct log_line *, const char *key, const void *bytes, size_t count);
void log_number(struct log_line *, const char *key, int64_t value);
void log_end(struct log_line *);

/* A line with a text of ours: event=... message="...". */
__attribute__((format(printf, 4, 5))) void log_say(struct log *, enum log_level, const char *event,
                                                   const char *format, ...);

#endif

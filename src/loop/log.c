/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop/log.h"

static const char truncated[] = " truncated=true\n";

/* What pairs may fill: the end of the line is kept free. */
#define BODY (LOG_LINE - sizeof(truncated) + 1)

static const char *const levels[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static void put(struct log_line *line, const char *bytes, size_t count)
{
	if (count > BODY - line->length) {
		line->full = 1;
		return;
	}
	memcpy(line->bytes + line->length, bytes, count);
	line->length += count;
}

static void put_key(struct log_line *line, const char *key)
{
	if (line->length > 0)
		put(line, " ", 1);
	put(line, key, strlen(key));
	put(line, "=", 1);
}

/* RFC 3339, in UTC and with milliseconds. */
static void put_time(struct log_line *line)
{
	struct timespec now;
	struct tm tm;
	char text[64], day[32];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	int length = snprintf(text, sizeof(text), "%s.%03ldZ", day, now.tv_nsec / 1000000);
	put_key(line, "ts");
	put(line, text, (size_t)length);
}

void log_begin(struct log_line *line, struct log *log, enum log_level level, const char *event)
{
	line->log = NULL;
	if (level > log->level)
		return;
	if (log->allow && !log->allow(log->owner, level, event)) {
		log->suppressed++;
		return;
	}
	line->log = log;
	line->length = 0;
	line->full = 0;
	put_time(line);
	log_text(line, "level", levels[level]);
	log_text(line, "event", event);
	if (log->suppressed > 0)
		log_number(line, "suppressed", (int64_t)log->suppressed);
	log->suppressed = 0;
}

static int is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

static int needs_quotes(const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_plain(bytes[i]))
			return 1;
	return count == 0;
}

/* Everything that is not printable ASCII, also bytes of UTF-8: a terminal takes
 * some of those for commands, and others turn the direction of text around. */
static size_t escape(char out[4], unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	switch (c) {
	case '\n': out[1] = 'n'; return 2;
	case '\r': out[1] = 'r'; return 2;
	case '\t': out[1] = 't'; return 2;
	case '"':
	case '\\': out[1] = (char)c; return 2;
	default: break;
	}
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

static void put_quoted(struct log_line *line, const unsigned char *bytes, size_t count)
{
	char escaped[4];
	put(line, "\"", 1);
	for (size_t i = 0; i < count && !line->full; i++) {
		size_t length = escape(escaped, bytes[i]);
		/* The closing quote has its place, whatever is cut off. */
		if (length + 1 > BODY - line->length)
			line->full = 1;
		else
			put(line, escaped, length);
	}
	line->bytes[line->length++] = '"';
}

void log_bytes(struct log_line *line, const char *key, const void *bytes, size_t count)
{
	if (!line->log || line->full)
		return;
	/* Room for an empty value at least, else the pair is left out as a whole. */
	if (strlen(key) + 4 > BODY - line->length) {
		line->full = 1;
		return;
	}
	put_key(line, key);
	if (needs_quotes(bytes, count) || count > BODY - line->length)
		put_quoted(line, bytes, count);
	else
		put(line, bytes, count);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	if (value)
		log_bytes(line, key, value, strlen(value));
}

void log_number(struct log_line *line, const char *key, int64_t value)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%" PRId64, value);
	log_bytes(line, key, text, (size_t)length);
}

/* One write: lines of several processes do not mix.  When nobody takes it, the
 * line is lost; a log must not stop a server. */
static void write_line(int fd, const char *bytes, size_t count)
{
	while (write(fd, bytes, count) < 0 && errno == EINTR)
		;
}

void log_end(struct log_line *line)
{
	if (!line->log)
		return;
	const char *end = line->full ? truncated : "\n";
	memcpy(line->bytes + line->length, end, strlen(end));
	write_line(line->log->fd, line->bytes, line->length + strlen(end));
	line->log = NULL;
}

void log_say(struct log *log, enum log_level level, const char *event, const char *format, ...)
{
	struct log_line line;
	char text[1024];
	va_list list;
	log_begin(&line, log, level, event);
	if (!line.log)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	log_text(&line, "message", text);
	log_end(&line);
}

/* SPDX-License-Identifier: ISC */
/* Lines as they are put together; log_form.c and log_journal.c give them a form, and
 * log_deliver.c takes them where they go. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loop/log.h"
#include "loop/log_deliver.h"
#include "loop/loop.h"

static const char *const levels[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static void add(struct log_line *line, const char *key, const char *bytes, size_t count,
                bool number)
{
	size_t room;

	if (!line->log || line->full)
		return;
	room = sizeof(line->bytes) - line->length;
	line->full = line->count == LOG_PAIRS || count > room;
	if (line->count == LOG_PAIRS)
		return;
	if (count > room)
		count = room;
	if (count > 0)
		memcpy(line->bytes + line->length, bytes, count);
	line->length += count;
	line->pairs[line->count++] = (struct log_pair){key, (uint16_t)count, number};
}

void log_bytes(struct log_line *line, const char *key, const void *bytes, size_t count)
{
	add(line, key, bytes, count, false);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	if (line->log && value)
		log_bytes(line, key, value, strlen(value));
}

void log_number(struct log_line *line, const char *key, int64_t value)
{
	char text[24];

	if (line->log)
		add(line, key, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value), true);
}

/* RFC 3339, in UTC and with milliseconds. */
static void add_time(struct log_line *line)
{
	struct timespec now;
	struct tm tm;
	char text[64], day[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03ldZ", day, now.tv_nsec / 1000000);
	log_text(line, "ts", text);
}

/* The order of the first pairs is that of LOG_FROM_EVENT and its like. */
static void begin(struct log_line *line, struct log *log, enum log_level level, const char *event)
{
	line->log = log;
	line->level = level;
	line->suppressed = log->suppressed;
	line->lost = log->lost;
	line->full = false;
	line->count = line->length = 0;
	add_time(line);
	log_text(line, "level", levels[level]);
	log_text(line, "event", event);
	if (line->suppressed > 0)
		log_number(line, "suppressed", (int64_t)line->suppressed);
	if (line->lost > 0)
		log_number(line, "lost", (int64_t)line->lost);
}

void log_begin(struct log_line *line, struct log *log, enum log_level level, const char *event)
{
	line->log = NULL;
	if (level <= log->level)
		begin(line, log, level, event);
}

static void miss(struct log *log, uint64_t *lines)
{
	++*lines;
	if (log->missed)
		atomic_fetch_add_explicit(log->missed, 1, memory_order_relaxed);
}

void log_begin_stranger(struct log_line *line, struct log *log, enum log_level level,
                        const char *event)
{
	line->log = NULL;
	if (level > log->level)
		return;
	if (log_bucket_lets(&log->strangers, loop_clock()))
		begin(line, log, level, event);
	else
		miss(log, &log->suppressed);
}

void log_end(struct log_line *line)
{
	struct log *log = line->log;

	if (!log)
		return;
	if (log_deliver(log, line)) {
		log->suppressed -= line->suppressed;
		log->lost -= line->lost;
	} else {
		miss(log, &log->lost);
	}
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

void log_tell(struct log *log)
{
	struct log_line line;

	if (log->suppressed == 0 && log->lost == 0)
		return;
	log_begin(&line, log, LOG_LEVEL_WARNING, "log");
	log_text(&line, "message", "lines were left out");
	log_end(&line);
}

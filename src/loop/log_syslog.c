/* SPDX-License-Identifier: ISC */
/*
 * RFC 3164 section 4.1, as syslog(3) has it: "<22>Jan  5 09:03:07 starttlsd[12]: ..."
 * in local time, without a host.  The level is said once more in the line itself, as
 * the files that daemons write tell none.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "loop/log_deliver.h"
#include "loop/log_form.h"

/* localtime_r() looks for no file once log_open() has called tzset(). */
static int write_head(char *out, size_t room, enum log_level level)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	return snprintf(out, room, "<%d>%s %2d %02d:%02d:%02d " LOG_IDENTIFIER "[%ld]: ",
	                LOG_FACILITY * 8 + log_severity(level), months[tm.tm_mon], tm.tm_mday,
	                tm.tm_hour, tm.tm_min, tm.tm_sec, (long)getpid());
}

bool log_to_syslog(struct log *log, const struct log_line *line)
{
	char head[128], text[LOG_LINE];
	struct log_draft message = {.bytes = text, .room = sizeof(text)};
	int length = write_head(head, sizeof(head), line->level);

	log_form(&message, line, log->format, LOG_FROM_LEVEL);
	struct iovec parts[] = {{head, (size_t)length}, {text, message.length}};
	return log_send(log, parts, 2);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/log_deliver.h"
#include "loop/log_form.h"
#include "loop/loop.h"

#define SAY_AGAIN_AFTER 60000 /* ms */

int log_severity(enum log_level level)
{
	static const int severities[] = {
	    [LOG_LEVEL_ERROR] = 3,
	    [LOG_LEVEL_WARNING] = 4,
	    [LOG_LEVEL_INFO] = 6,
	    [LOG_LEVEL_DEBUG] = 7,
	};

	return severities[level];
}

static bool is_out_of_room(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* A disk that gets full takes a part of a line, of ours or of another process'. */
static bool write_whole(struct log *log, const char *bytes, size_t count)
{
	ssize_t n = write(log->fd, bytes, count);

	if (n >= 0)
		log->torn = (size_t)n < count;
	else if (is_out_of_room(errno))
		log->torn = true;
	return n == (ssize_t)count;
}

/* One write: lines of several processes do not mix.  Where nobody reads, a write
 * would wait, and a log must not stop a server. */
static bool write_line(struct log *log, const char *bytes, size_t count)
{
	struct pollfd ready = {.fd = log->fd, .events = POLLOUT};

	if (!log->ready) {
		if (send(log->fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
		if (errno != ENOTSOCK || poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
			return false;
	}
	return write_whole(log, bytes, count);
}

static bool to_descriptor(struct log *log, const struct log_line *line)
{
	char bytes[LOG_LINE];
	struct log_draft draft = {.bytes = bytes, .room = sizeof(bytes) - 1};
	char prefix[] = {'<', (char)('0' + log_severity(line->level)), '>'};

	if (log->torn)
		log_put(&draft, "\n", 1);
	if (log->prefixed)
		log_put(&draft, prefix, sizeof(prefix));
	log_form(&draft, line, log->format, LOG_FROM_TIME);
	bytes[draft.length++] = '\n';
	return write_line(log, bytes, draft.length);
}

static void tell_away(struct log *log, int error)
{
	/* What was suppressed is told by the line that this one is about. */
	struct log own = {
	    .fd = log->fd,
	    .ready = log->ready,
	    .level = log->level,
	    .format = log->format,
	    .prefixed = log->prefixed,
	};
	int64_t now = loop_clock();

	if (now < log->silent_until)
		return;
	log->silent_until = now + SAY_AGAIN_AFTER;
	log_say(&own, LOG_LEVEL_WARNING, "log-away", "%s: lines go to stderr: %s", log->path,
	        strerror(error));
}

bool log_deliver(struct log *log, const struct log_line *line)
{
	if (log->to == LOG_TO_JOURNAL && log_to_journal(log, line))
		return true;
	if (log->to == LOG_TO_SYSLOG && log_to_syslog(log, line))
		return true;
	if (log->to != LOG_TO_STDERR)
		tell_away(log, errno);
	return to_descriptor(log, line);
}

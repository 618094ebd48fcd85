/* SPDX-License-Identifier: ISC */
/* Descriptors and sockets of logs: opening, using and closing them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "loop/log_deliver.h"
#include "loop/loop.h"

static const char *const paths[] = {
    [LOG_TO_JOURNAL] = "/run/systemd/journal/socket",
    [LOG_TO_SYSLOG] = "/dev/log",
};

/* A socket that is connected to the path, or -1 and errno. */
static int reach(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool send_now(int fd, struct iovec *parts, size_t count)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

/* The one that we were connected to has gone; another may have come. */
static bool is_gone(int error)
{
	return error == ECONNREFUSED || error == ECONNRESET || error == ENOTCONN || error == EPIPE;
}

bool log_send(struct log *log, struct iovec *parts, size_t count)
{
	if (log->socket >= 0) {
		if (send_now(log->socket, parts, count))
			return true;
		if (!is_gone(errno))
			return false;
		close(log->socket);
	}
	log->socket = reach(log->path);
	return log->socket >= 0 && send_now(log->socket, parts, count);
}

/* Whether what is written there is read by the journal line by line, see
 * systemd.exec(5): not if it has been redirected since. */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat found;

	if (!stream || fstat(fd, &found) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)found.st_dev, (uintmax_t)found.st_ino);
	return strcmp(stream, own) == 0;
}

/*
 * A pipe that several processes write to can be full again between poll() and
 * write().  Not waiting is a property of the open file, which is not ours alone, so it
 * is opened once more; where that is not allowed, poll() has to do.
 */
static int reopen_pipe(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static void open_stderr(struct log *log)
{
	struct stat found;
	int own;

	log->fd = STDERR_FILENO;
	log->prefixed = is_journal(STDERR_FILENO);
	if (fstat(STDERR_FILENO, &found) < 0)
		return;
	log->ready = S_ISREG(found.st_mode);
	if (!S_ISFIFO(found.st_mode) || (own = reopen_pipe(STDERR_FILENO)) < 0)
		return;
	log->fd = own;
	log->ready = true;
}

void log_open(struct log *log, const struct log_settings *settings)
{
	*log = (struct log){
	    .level = settings->level,
	    .format = settings->format,
	    .strangers = log_bucket_of(settings->rate, loop_clock()),
	    .to = settings->to,
	    .missed = settings->missed,
	    .socket = -1,
	};
	open_stderr(log);
	/* Time zones are files. */
	tzset();
	if (log->to == LOG_TO_STDERR)
		return;
	log->path = settings->path ? settings->path : paths[log->to];
	log->socket = reach(log->path);
}

void log_close(struct log *log)
{
	log_tell(log);
	if (log->to != LOG_TO_STDERR && log->socket >= 0)
		close(log->socket);
	log->to = LOG_TO_STDERR;
	if (log->fd != STDERR_FILENO)
		close(log->fd);
	log->fd = STDERR_FILENO;
	log->ready = false;
}

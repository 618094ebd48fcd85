/* SPDX-License-Identifier: ISC */
/* Where lines go: the journal, syslog, standard error, and what happens when nobody
 * is there or nobody reads. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "log_wire.h"

/* The daemon behind a destination, a log that goes there, and what that log writes
 * to standard error. */
struct scene {
	char folder[64], path[80];
	int daemon;
	char got[4 * LOG_LINE];
	struct log log;
	struct wire wire;
};

static void arrive(struct scene *scene)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", scene->path);
	scene->daemon = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(scene->daemon >= 0);
	assert_int_equal(bind(scene->daemon, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void leave(struct scene *scene)
{
	close(scene->daemon);
	scene->daemon = -1;
	assert_int_equal(unlink(scene->path), 0);
}

/* Lines for standard error go to the wire instead. */
static void open_log(struct scene *scene, enum log_to to, enum log_format format)
{
	log_open(&scene->log,
	         &(struct log_settings){
	             .level = LOG_LEVEL_DEBUG, .format = format, .to = to, .path = scene->path});
	if (scene->log.fd != STDERR_FILENO)
		close(scene->log.fd);
	wire_open(&scene->wire);
	scene->log.fd = scene->wire.writer;
	scene->log.ready = false;
}

static void set(struct scene *scene)
{
	*scene = (struct scene){.daemon = -1};
	strcpy(scene->folder, "/tmp/starttls-log.XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	snprintf(scene->path, sizeof(scene->path), "%s/socket", scene->folder);
}

static void set_with_daemon(struct scene *scene, enum log_to to, enum log_format format)
{
	set(scene);
	arrive(scene);
	open_log(scene, to, format);
}

/* log_close() closes the wire's end, too. */
static void clear(struct scene *scene)
{
	if (scene->daemon >= 0)
		leave(scene);
	log_close(&scene->log);
	close(scene->wire.reader);
	assert_int_equal(rmdir(scene->folder), 0);
}

/* The next datagram, NULL when there is none. */
static const char *datagram(struct scene *scene)
{
	ssize_t got = recv(scene->daemon, scene->got, sizeof(scene->got) - 1, MSG_DONTWAIT);

	if (got < 0)
		return NULL;
	scene->got[got] = '\0';
	assert_int_equal(strlen(scene->got), got);
	return scene->got;
}

static void say_down(struct log *log)
{
	struct log_line line;

	log_begin(&line, log, LOG_LEVEL_WARNING, "backend-down");
	log_text(&line, "front", "mail");
	log_text(&line, "last-seen.at", "never \"ever\"\nMESSAGE=forged");
	log_number(&line, "tries", 3);
	log_end(&line);
}

static void journal_has_fields(void **state)
{
	struct scene scene;

	(void)state;
	set_with_daemon(&scene, LOG_TO_JOURNAL, LOG_LOGFMT);
	say_down(&scene.log);
	assert_string_equal(datagram(&scene),
	                    "PRIORITY=4\n"
	                    "SYSLOG_FACILITY=2\n"
	                    "SYSLOG_IDENTIFIER=starttlsd\n"
	                    "MESSAGE=event=backend-down front=mail "
	                    "last-seen.at=\"never \\\"ever\\\"\\nMESSAGE=forged\" tries=3\n"
	                    "STARTTLS_EVENT=backend-down\n"
	                    "STARTTLS_FRONT=mail\n"
	                    "STARTTLS_LAST_SEEN_AT=never \\\"ever\\\"\\nMESSAGE=forged\n"
	                    "STARTTLS_TRIES=3\n");
	assert_null(datagram(&scene));
	assert_null(wire_line(&scene.wire));
	clear(&scene);
}

static void journal_takes_json_too(void **state)
{
	struct scene scene;

	(void)state;
	set_with_daemon(&scene, LOG_TO_JOURNAL, LOG_JSON);
	log_say(&scene.log, LOG_LEVEL_INFO, "e", "m");
	assert_string_equal(datagram(&scene), "PRIORITY=6\n"
	                                      "SYSLOG_FACILITY=2\n"
	                                      "SYSLOG_IDENTIFIER=starttlsd\n"
	                                      "MESSAGE={\"event\":\"e\",\"message\":\"m\"}\n"
	                                      "STARTTLS_EVENT=e\n"
	                                      "STARTTLS_MESSAGE=m\n");
	clear(&scene);
}

/* Every line of a datagram is a field, its name begins with no "_" (those are the
 * journal's own), and its value is printable ASCII. */
static void assert_fields(const char *text)
{
	regex_t regex;

	assert_int_equal(
	    regcomp(&regex, "^([A-Z][A-Z0-9_]{0,63}=[ -~]*\n)+$", REG_EXTENDED | REG_NOSUB), 0);
	assert_int_equal(regexec(&regex, text, 0, NULL, 0), 0);
	regfree(&regex);
}

static void journal_fields_cannot_be_forged(void **state)
{
	static char value[5000];
	struct scene scene;

	(void)state;
	set_with_daemon(&scene, LOG_TO_JOURNAL, LOG_LOGFMT);
	/* Octet by octet where the room for fields comes to its end. */
	for (size_t length = 0; length <= sizeof(value);
	     length += length > 2000 && length < 3000 ? 1 : 50) {
		struct log_line line;

		for (size_t i = 0; i < length; i++)
			value[i] = (char)(i + length);
		log_begin(&line, &scene.log, LOG_LEVEL_INFO, "e");
		log_bytes(&line, "v", value, length);
		log_number(&line, "end", 7);
		log_end(&line);
		const char *text = datagram(&scene);
		assert_non_null(text);
		assert_fields(text);
		/* A value of several thousand octets is kept whole or is said not to be. */
		assert_int_equal(strstr(text, "\nSTARTTLS_END=7\n") == NULL,
		                 strstr(text, "\nSTARTTLS_TRUNCATED=true\n") != NULL);
		assert_true(length > 1000 || !strstr(text, "truncated"));
	}
	assert_non_null(strstr(scene.got, " truncated=true\nSTARTTLS_EVENT=e\nSTARTTLS_V="));
	clear(&scene);
}

/* Half past eleven hours ahead of the world. */
#define ZONE "XXX-11:30"
#define AHEAD (11 * 3600 + 1800)

static void format_time(char out[64], time_t when)
{
	struct tm tm;

	when += AHEAD;
	gmtime_r(&when, &tm);
	strftime(out, 64, "<20>%b %e %H:%M:%S", &tm);
}

static void assert_like_syslog(const char *text, const char *message)
{
	char then[64] = "", end[32];
	time_t now = time(NULL);

	/* Some seconds ago: machines under load take their time. */
	for (int ago = 0; ago < 30 && strncmp(text, then, strlen(then) + !then[0]) != 0; ago++)
		format_time(then, now - ago);
	snprintf(end, sizeof(end), " starttlsd[%ld]: ", (long)getpid());
	assert_int_equal(strncmp(text, then, strlen(then)), 0);
	text += strlen(then);
	assert_int_equal(strncmp(text, end, strlen(end)), 0);
	assert_string_equal(text + strlen(end), message);
}

static void syslog_has_a_head(void **state)
{
	struct scene scene;

	(void)state;
	setenv("TZ", ZONE, 1);
	set_with_daemon(&scene, LOG_TO_SYSLOG, LOG_LOGFMT);
	/* The zone is that of when the log was opened: later there are no files. */
	setenv("TZ", "YYY+3", 1);
	say_down(&scene.log);
	assert_like_syslog(datagram(&scene),
	                   "level=warning event=backend-down front=mail "
	                   "last-seen.at=\"never \\\"ever\\\"\\nMESSAGE=forged\" tries=3");
	scene.log.format = LOG_JSON;
	log_say(&scene.log, LOG_LEVEL_WARNING, "e", "m");
	assert_like_syslog(datagram(&scene),
	                   "{\"level\":\"warning\",\"event\":\"e\",\"message\":\"m\"}");
	assert_null(wire_line(&scene.wire));
	clear(&scene);
	unsetenv("TZ");
}

static void levels_are_severities(void **state)
{
	static const char *const priorities[] = {"PRIORITY=3\n", "PRIORITY=4\n", "PRIORITY=6\n",
	                                         "PRIORITY=7\n"};
	static const char *const heads[] = {"<19>", "<20>", "<22>", "<23>"};
	struct scene scene;

	(void)state;
	for (int to = LOG_TO_JOURNAL; to <= LOG_TO_SYSLOG; to++) {
		set_with_daemon(&scene, to, LOG_LOGFMT);
		for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
			const char *want = to == LOG_TO_JOURNAL ? priorities[level] : heads[level];

			log_say(&scene.log, level, "e", "m");
			assert_int_equal(strncmp(datagram(&scene), want, strlen(want)), 0);
		}
		clear(&scene);
	}
}

/* Nobody is there: lines go to standard error, and the first one says why. */
static void a_destination_that_is_away(void **state)
{
	struct scene scene;
	char away[256];

	(void)state;
	for (int to = LOG_TO_JOURNAL; to <= LOG_TO_SYSLOG; to++) {
		set(&scene);
		open_log(&scene, to, LOG_LOGFMT);
		snprintf(away, sizeof(away),
		         "level=warning event=log-away message=\"%s: lines go to stderr: "
		         "No such file or directory\"",
		         scene.path);
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "a");
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "b");
		assert_string_equal(wire_timeless(&scene.wire), away);
		assert_string_equal(wire_timeless(&scene.wire), "level=info event=e message=a");
		assert_string_equal(wire_timeless(&scene.wire), "level=info event=e message=b");
		assert_null(wire_line(&scene.wire));
		/* A minute later. */
		scene.log.silent_until = 0;
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "c");
		assert_string_equal(wire_timeless(&scene.wire), away);
		assert_string_equal(wire_timeless(&scene.wire), "level=info event=e message=c");
		arrive(&scene);
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "d");
		assert_non_null(strstr(datagram(&scene), "event=e message=d"));
		assert_null(wire_line(&scene.wire));
		clear(&scene);
	}
}

/* The daemon is started anew: no line is lost, and none goes elsewhere. */
static void a_destination_that_comes_back(void **state)
{
	struct scene scene;

	(void)state;
	for (int to = LOG_TO_JOURNAL; to <= LOG_TO_SYSLOG; to++) {
		set_with_daemon(&scene, to, LOG_LOGFMT);
		for (int i = 0; i < 3; i++) {
			log_say(&scene.log, LOG_LEVEL_INFO, "e", "%d", i);
			assert_non_null(datagram(&scene));
			leave(&scene);
			arrive(&scene);
		}
		leave(&scene);
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "x");
		assert_non_null(strstr(wire_line(&scene.wire), "event=log-away"));
		assert_non_null(strstr(wire_line(&scene.wire), "event=e message=x"));
		assert_null(wire_line(&scene.wire));
		clear(&scene);
	}
}

/* A daemon that is there and does not read, with any size of its queue. */
static void a_destination_that_does_not_read(void **state)
{
	enum { LINES = 5000 };
	struct scene scene;
	int there = 0, elsewhere = 0, told = 0;

	(void)state;
	set_with_daemon(&scene, LOG_TO_SYSLOG, LOG_LOGFMT);
	alarm(60);
	for (int i = 0; i < LINES; i++) {
		const char *line;

		log_say(&scene.log, LOG_LEVEL_INFO, "e", "%d", i);
		while ((line = wire_line(&scene.wire)) != NULL) {
			if (strstr(line, "event=log-away"))
				told++;
			else
				elsewhere++;
		}
	}
	alarm(0);
	while (datagram(&scene))
		there++;
	assert_true(there > 0);
	assert_true(elsewhere > 0);
	assert_int_equal(there + elsewhere, LINES);
	assert_int_equal(told, 1);
	assert_int_equal(scene.log.lost, 0);
	/* It reads again. */
	log_say(&scene.log, LOG_LEVEL_INFO, "e", "again");
	assert_non_null(strstr(datagram(&scene), "message=again"));
	clear(&scene);
}

/* Neither does a standard error that nobody reads stop anything. */
static void assert_never_waits(struct log *log, int reader)
{
	enum { LINES = 20000 };
	static char buffer[1 << 20];
	size_t there = 0;
	ssize_t got;

	alarm(60);
	for (int i = 0; i < LINES; i++)
		log_say(log, LOG_LEVEL_INFO, "e", "%d", i);
	alarm(0);
	assert_in_range(log->lost, 1, LINES - 1);
	fcntl(reader, F_SETFL, O_NONBLOCK);
	while ((got = read(reader, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < got; i++)
			there += buffer[i] == '\n';
	assert_int_equal(there + log->lost, LINES);
	uint64_t lost = log->lost;
	log_say(log, LOG_LEVEL_INFO, "e", "again");
	got = read(reader, buffer, sizeof(buffer) - 1);
	assert_true(got > 0);
	buffer[got] = '\0';
	char want[64];
	snprintf(want, sizeof(want), " event=e lost=%ju message=again\n", (uintmax_t)lost);
	assert_non_null(strstr(buffer, want));
}

static void a_pipe_that_nobody_reads(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_never_waits(&(struct log){.fd = ends[1], .level = LOG_LEVEL_INFO}, ends[0]);
	close(ends[0]);
	close(ends[1]);
}

static void a_stream_that_nobody_reads(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_never_waits(&(struct log){.fd = ends[1], .level = LOG_LEVEL_INFO}, ends[0]);
	close(ends[0]);
	close(ends[1]);
}

/* As log_open() makes it while fd is standard error. */
static void open_with_stderr(struct log *log, int fd)
{
	int old = dup(STDERR_FILENO);

	assert_true(old >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	log_open(log, &(struct log_settings){.level = LOG_LEVEL_INFO});
	if (log->fd == STDERR_FILENO)
		log->fd = fd;
	assert_int_equal(dup2(old, STDERR_FILENO), STDERR_FILENO);
	close(old);
}

/* Others who have the same pipe wait as before. */
static void a_pipe_is_opened_for_the_log_alone(void **state)
{
	struct log log;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	open_with_stderr(&log, ends[1]);
	assert_int_not_equal(log.fd, ends[1]);
	assert_true(fcntl(log.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(log.fd, F_GETFD) & FD_CLOEXEC);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	assert_never_waits(&log, ends[0]);
	close(ends[0]);
	close(ends[1]);
	log_close(&log);
}

static void name_stream(int fd, int difference)
{
	struct stat found;
	char text[64];

	assert_int_equal(fstat(fd, &found), 0);
	snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)found.st_dev,
	         (uintmax_t)found.st_ino + (uintmax_t)difference);
	setenv("JOURNAL_STREAM", text, 1);
}

static void assert_begins(struct wire *wire, const char *want)
{
	struct log log;

	open_with_stderr(&log, wire->writer);
	log_say(&log, LOG_LEVEL_ERROR, "e", "m");
	assert_int_equal(strncmp(wire_line(wire), want, strlen(want)), 0);
}

/* sd-daemon(3): a journal that reads standard error is told the level of each line,
 * and nobody else is. */
static void levels_are_prefixed_for_the_journal(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire);
	unsetenv("JOURNAL_STREAM");
	assert_begins(&wire, "ts=");
	name_stream(wire.writer, 1);
	assert_begins(&wire, "ts=");
	name_stream(wire.writer, 0);
	assert_begins(&wire, "<3>ts=");
	unsetenv("JOURNAL_STREAM");
	wire_close(&wire);
}

static void a_prefixed_line_is_no_longer(void **state)
{
	struct wire wire;
	char value[LOG_LINE];

	(void)state;
	memset(value, 'x', sizeof(value));
	wire_open(&wire);
	for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		struct log log = {
		    .fd = wire.writer, .level = LOG_LEVEL_INFO, .format = format, .prefixed = true};
		struct log_line line;

		log_begin(&line, &log, LOG_LEVEL_INFO, "e");
		log_bytes(&line, "v", value, sizeof(value));
		log_end(&line);
		/* wire_line() has a look at the length */
		assert_int_equal(strncmp(wire_line(&wire), "<6>", 3), 0);
		assert_true(strlen(wire.packet) > LOG_LINE - 48);
	}
	wire_close(&wire);
}

/* A worker has the log of its parent, and is known for itself. */
static void a_child_has_the_log(void **state)
{
	struct scene scene;
	char want[64];
	int status;

	(void)state;
	set_with_daemon(&scene, LOG_TO_SYSLOG, LOG_LOGFMT);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "child");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	snprintf(want, sizeof(want), " starttlsd[%ld]: level=info event=e message=child",
	         (long)child);
	assert_non_null(strstr(datagram(&scene), want));
	clear(&scene);
}

static void sockets_are_ours_alone(void **state)
{
	struct scene scene;

	(void)state;
	set_with_daemon(&scene, LOG_TO_JOURNAL, LOG_LOGFMT);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(scene.log.socket, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(scene.log.socket, F_GETFL) & O_NONBLOCK);
		leave(&scene);
		arrive(&scene);
		log_say(&scene.log, LOG_LEVEL_INFO, "e", "a");
		assert_non_null(datagram(&scene));
	}
	clear(&scene);
}

/* What the log still had to tell is told before it is closed; later lines are not
 * lost. */
static void closing_tells(void **state)
{
	struct scene scene;

	(void)state;
	set_with_daemon(&scene, LOG_TO_SYSLOG, LOG_LOGFMT);
	scene.log.suppressed = 12;
	int socket = scene.log.socket;
	int writer = dup(scene.wire.writer);
	log_close(&scene.log);
	assert_non_null(strstr(datagram(&scene), "event=log suppressed=12 message="));
	assert_int_equal(fcntl(socket, F_GETFD), -1);
	scene.log.fd = writer;
	log_say(&scene.log, LOG_LEVEL_INFO, "e", "later");
	assert_string_equal(wire_timeless(&scene.wire), "level=info event=e message=later");
	assert_null(datagram(&scene));
	clear(&scene);
}

static void a_path_that_is_too_long(void **state)
{
	struct scene scene;

	(void)state;
	set(&scene);
	char path[200];
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	open_log(&scene, LOG_TO_JOURNAL, LOG_LOGFMT);
	scene.log.path = path;
	log_say(&scene.log, LOG_LEVEL_INFO, "e", "a");
	assert_non_null(strstr(wire_line(&scene.wire), "File name too long"));
	assert_non_null(strstr(wire_line(&scene.wire), "message=a"));
	clear(&scene);
}

/* A log that nobody reads any more is no reason to stop. */
static void a_broken_log(void **state)
{
	struct log log = {.fd = -1, .level = LOG_LEVEL_INFO};

	(void)state;
	log_say(&log, LOG_LEVEL_INFO, "e", "lost");
	assert_int_equal(log.lost, 1);
	assert_int_equal(log.suppressed, 0);
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;
	int result;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	result = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	if (result)
		fail_msg("not as it should be:\n%s", text);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As on a disk that gets full, and has room again later. */
static void a_line_in_part_is_not_in_the_next_one(void **state)
{
	char path[] = P_tmpdir "/starttls-log.XXXXXX", text[400] = "";
	struct log log = {.level = LOG_LEVEL_INFO, .ready = true};

	(void)state;
	log.fd = mkostemp(path, O_APPEND);
	assert_true(log.fd >= 0);
	assert_int_equal(unlink(path), 0);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(100);
	log_say(&log, LOG_LEVEL_INFO, "e", "first");
	log_say(&log, LOG_LEVEL_INFO, "e", "second");
	log_say(&log, LOG_LEVEL_INFO, "e", "third");
	assert_int_equal(log.lost, 2);
	limit_files(RLIM_INFINITY);
	log_say(&log, LOG_LEVEL_INFO, "e", "fourth");
	assert_int_equal(log.lost, 0);
	log_say(&log, LOG_LEVEL_INFO, "e", "fifth");
	assert_true(pread(log.fd, text, sizeof(text) - 1, 0) > 0);
	assert_matches(text, "^ts=[^\n]* message=first\nts=[^\n]*\n"
	                     "ts=[^ ]* level=info event=e lost=2 message=fourth\n"
	                     "ts=[^ ]* level=info event=e message=fifth\n$");
	close(log.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(journal_has_fields),
	    cmocka_unit_test(journal_takes_json_too),
	    cmocka_unit_test(journal_fields_cannot_be_forged),
	    cmocka_unit_test(syslog_has_a_head),
	    cmocka_unit_test(levels_are_severities),
	    cmocka_unit_test(a_destination_that_is_away),
	    cmocka_unit_test(a_destination_that_comes_back),
	    cmocka_unit_test(a_destination_that_does_not_read),
	    cmocka_unit_test(a_pipe_that_nobody_reads),
	    cmocka_unit_test(a_stream_that_nobody_reads),
	    cmocka_unit_test(a_pipe_is_opened_for_the_log_alone),
	    cmocka_unit_test(levels_are_prefixed_for_the_journal),
	    cmocka_unit_test(a_prefixed_line_is_no_longer),
	    cmocka_unit_test(a_child_has_the_log),
	    cmocka_unit_test(sockets_are_ours_alone),
	    cmocka_unit_test(closing_tells),
	    cmocka_unit_test(a_path_that_is_too_long),
	    cmocka_unit_test(a_broken_log),
	    cmocka_unit_test(a_line_in_part_is_not_in_the_next_one),
	};
	return cmocka_run_group_tests_name("loop/log-deliver", tests, NULL, NULL);
}

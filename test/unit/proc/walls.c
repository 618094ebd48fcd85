/* SPDX-License-Identifier: ISC */
/* The walls of the sandbox one by one, and what is said where one cannot stand. */
#define _GNU_SOURCE
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "proc/box.h"
#include "proc/privileges.h"

/* ---- Landlock alone ---- */

static int bind_loopback(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int done = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	int error = errno;

	close(fd);
	errno = error;
	return done;
}

static void hides_files(void)
{
	expect(open("/dev/null", O_RDONLY) == -1 && errno == EACCES);
	expect(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	expect(open("/tmp", O_RDONLY | O_TMPFILE, 0600) == -1);
	expect(open("/", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
}

static void sees_files(void)
{
	expect(open("/dev/null", O_RDONLY) >= 0);
	expect(open("/etc/passwd", O_RDONLY) >= 0);
	expect(open("/", O_RDONLY | O_DIRECTORY) >= 0);
}

static int is_landlocked(const void *given)
{
	const long *version = given;

	sees_files();
	expect(kill(getppid(), 0) == 0 || errno == EPERM);
	expect(bind_loopback() == 0);
	expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	expect(box_landlock_as(*version) == 0);
	hides_files();
	expect(*version < 4 ? bind_loopback() == 0 : bind_loopback() == -1 && errno == EACCES);
	expect(*version < 6 || (kill(getppid(), 0) == -1 && errno == EPERM));
	return 0;
}

/* All versions that this kernel can play, the oldest being alone with its 13 rights. */
static void every_version_hides_files(void **state)
{
	(void)state;
	needs_sandbox();
	for (int who = 0; who < users(); who++)
		for (long version = 1; version <= box_landlock_version(); version++)
			assert_good(status_of((enum who)who, is_landlocked, &version));
}

static int signals_as_root(const void *given)
{
	(void)given;
	expect(kill(getppid(), 0) == 0);
	expect(box_bare() == 0 && box_landlock() == 0);
	expect(kill(getppid(), 0) == -1 && errno == EPERM);
	return 0;
}

static void nobody_outside_is_signalled(void **state)
{
	(void)state;
	needs_sandbox();
	if (box_landlock_version() < 6)
		skip();
	assert_good(status_of(AS_STARTED, signals_as_root, NULL));
}

/* ---- privileges ---- */

static int is_bare(const void *given)
{
	(void)given;
	/* Root without its capabilities is an ordinary user with a name. */
	expect(geteuid() != 0 || chroot("/") == 0);
	expect(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	expect(box_bare() == 0);
	expect(geteuid() != 0 || chroot("/") == -1);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	expect(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	return 0;
}

static void privileges_go(void **state)
{
	(void)state;
	each_user_does(is_bare, NULL);
}

/* One line of a file of /proc's, as others see it. */
static void assert_line(pid_t pid, const char *name, const char *wanted)
{
	char path[64], line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	file = fopen(path, "re");
	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file))
		found = strncmp(line, wanted, strlen(wanted)) == 0;
	fclose(file);
	if (!found)
		fail_msg("%s does not say %s", path, wanted);
}

static uid_t owner_of(pid_t pid)
{
	char path[64];
	struct stat found;

	snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
	assert_int_equal(stat(path, &found), 0);
	return found.st_uid;
}

struct visit {
	int sockets[2]; /* [0]: the child's */
	bool inside;
};

static int receives_visitors(const void *given)
{
	const struct visit *visit = given;
	char byte = 'x';

	if (visit->inside)
		enter_sandbox(false);
	else
		expect(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	expect(write(visit->sockets[0], &byte, 1) == 1);
	expect(read(visit->sockets[0], &byte, 1) == 1);
	return 0;
}

static pid_t begin_visit(struct visit *visit, enum who who)
{
	char byte;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, visit->sockets), 0);
	pid = child_begin(who, receives_visitors, visit);
	assert_int_equal(read(visit->sockets[1], &byte, 1), 1);
	return pid;
}

static void end_visit(const struct visit *visit, pid_t pid)
{
	assert_int_equal(write(visit->sockets[1], "x", 1), 1);
	assert_good(child_status(pid));
	close(visit->sockets[0]);
	close(visit->sockets[1]);
}

static void visit_inside(enum who who)
{
	struct visit visit = {.inside = true};
	pid_t pid = begin_visit(&visit, who);

	assert_line(pid, "status", "NoNewPrivs:\t1");
	assert_line(pid, "status", "Seccomp:\t2");
	assert_line(pid, "status", "CapInh:\t0000000000000000");
	assert_line(pid, "status", "CapPrm:\t0000000000000000");
	assert_line(pid, "status", "CapEff:\t0000000000000000");
	assert_line(pid, "status", "CapAmb:\t0000000000000000");
	assert_line(pid, "limits", "Max core file size        0                    0   ");
	end_visit(&visit, pid);
}

static void it_is_seen_from_outside(void **state)
{
	(void)state;
	needs_sandbox();
	for (int who = 0; who < users(); who++)
		visit_inside((enum who)who);
}

/* Its files in /proc are root's, for whoever is not is not to read its memory. */
static void memory_is_private(void **state)
{
	struct visit visit = {.inside = false};
	pid_t pid;

	(void)state;
	needs_sandbox();
	pid = begin_visit(&visit, geteuid() == 0 ? AS_NOBODY : AS_STARTED);
	assert_int_not_equal(owner_of(pid), 0);
	end_visit(&visit, pid);
	visit.inside = true;
	pid = begin_visit(&visit, geteuid() == 0 ? AS_NOBODY : AS_STARTED);
	assert_int_equal(owner_of(pid), 0);
	end_visit(&visit, pid);
}

/* ---- kernels that have less ---- */

#define NO_SECCOMP "The sandbox is not complete: all system calls can be made (seccomp: "

static int misses_landlock(const void *given)
{
	const struct proc_wish wish = {.unix_sockets = true};
	struct proc_report report;

	(void)given;
	no_landlock();
	expect(!proc_wants_empty_root(&wish));
	expect(proc_sandbox(&wish, &report) == -1);
	expect(strcmp(report.text, NO_LANDLOCK) == 0);
	/* The rest stands, and that is enough for this. */
	expect(open("/dev/null", O_RDONLY) == -1 && errno == EACCES);
	return 0;
}

static void missing_landlock_is_told(void **state)
{
	(void)state;
	needs_sandbox();
	each_user_does(misses_landlock, NULL);
}

static int has_an_empty_root(const void *given)
{
	const struct proc_wish wish = {.unix_sockets = false};
	struct proc_error error;
	struct proc_report report;

	(void)given;
	expect(!proc_wants_empty_root(&wish));
	no_landlock();
	expect(proc_wants_empty_root(&wish));
	sees_files();
	expect(!box_root_is_empty());
	expect(proc_drop_to_empty_root("nobody", &error) == PROC_DROPPED && !error.text[0]);
	expect(box_root_is_empty());
	/* It is root's, so that nobody may not even look for what is not there. */
	expect(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	expect(open("../../etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	expect(open("/new", O_RDWR | O_CREAT, 0600) == -1);
	expect(proc_sandbox(&wish, &report) == 0 && report.text[0] == '\0');
	return 0;
}

static void an_empty_root_does_as_well(void **state)
{
	(void)state;
	needs_sandbox();
	needs_root();
	assert_good(status_of(AS_STARTED, has_an_empty_root, NULL));
}

static int cannot_empty_its_root(const void *given)
{
	const struct proc_wish wish = {.unix_sockets = false};
	struct proc_error error;
	struct proc_report report;

	(void)given;
	no_landlock();
	expect(proc_drop_to_empty_root("nobody", &error) == PROC_KEPT);
	sees_files();
	expect(proc_sandbox(&wish, &report) == -1);
	expect(strcmp(report.text, NO_LANDLOCK) == 0);
	return 0;
}

/* Only root can, and a container may take it from root. */
static void no_empty_root_is_told(void **state)
{
	(void)state;
	needs_sandbox();
	assert_good(
	    status_of(geteuid() == 0 ? AS_NOBODY : AS_STARTED, cannot_empty_its_root, NULL));
}

static int misses_seccomp(const void *given)
{
	const struct proc_wish wish = {.unix_sockets = true};
	struct proc_report report;

	(void)given;
	take_away(SCMP_SYS(seccomp), ENOSYS);
	expect(proc_sandbox(&wish, &report) == -1);
	expect(strncmp(report.text, NO_SECCOMP, strlen(NO_SECCOMP)) == 0);
	/* The rest stands. */
	hides_files();
	expect(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	return 0;
}

static int misses_both(const void *given)
{
	const struct proc_wish wish = {.unix_sockets = true};
	struct proc_report report;
	const char *end;

	(void)given;
	no_landlock();
	take_away(SCMP_SYS(seccomp), ENOSYS);
	expect(proc_sandbox(&wish, &report) == -1);
	expect(strstr(report.text, "(Landlock: Function not implemented); all system calls can"));
	end = strchr(report.text, '.');
	expect(end && end[1] == '\0');
	return 0;
}

static void missing_seccomp_is_told(void **state)
{
	(void)state;
	needs_sandbox();
	each_user_does(misses_seccomp, NULL);
	each_user_does(misses_both, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_version_hides_files),
	    cmocka_unit_test(nobody_outside_is_signalled),
	    cmocka_unit_test(privileges_go),
	    cmocka_unit_test(it_is_seen_from_outside),
	    cmocka_unit_test(memory_is_private),
	    cmocka_unit_test(missing_landlock_is_told),
	    cmocka_unit_test(an_empty_root_does_as_well),
	    cmocka_unit_test(no_empty_root_is_told),
	    cmocka_unit_test(missing_seccomp_is_told),
	};
	return cmocka_run_group_tests_name("proc/walls", tests, NULL, NULL);
}

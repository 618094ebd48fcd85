/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "children.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

int users(void)
{
	return geteuid() == 0 ? 2 : 1;
}

void needs_root(void)
{
	if (geteuid() != 0) {
		print_message("only for root\n");
		skip();
	}
}

/* What the sandbox is made of is looked for otherwise than by trying it: a sandbox that
 * is broken must fail. */
void needs_sandbox(void)
{
#ifdef __SANITIZE_ADDRESS__
	print_message("not with a sanitizer\n");
	skip();
#endif
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0 &&
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0)
		return;
	print_message("this kernel has not all of it\n");
	skip();
}

static void become_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (!nobody || setgroups(0, NULL) || setgid(nobody->pw_gid) || setuid(nobody->pw_uid))
		_exit(90);
}

/* cmocka's, for which a signal is a failed test and no end of a process. */
static void forget_handlers(void)
{
	static const int numbers[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS};

	for (size_t i = 0; i < LENGTH(numbers); i++)
		signal(numbers[i], SIG_DFL);
}

pid_t child_begin(enum who who, deed *act, const void *given)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	/* One that hangs fails the test. */
	alarm(20);
	forget_handlers();
	if (who == AS_NOBODY)
		become_nobody();
	exit(act(given));
}

int child_status(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

int status_of(enum who who, deed *act, const void *given)
{
	return child_status(child_begin(who, act, given));
}

void assert_good(int status)
{
	if (WIFSIGNALED(status))
		fail_msg("killed by %s", strsignal(WTERMSIG(status)));
	assert_int_equal(WEXITSTATUS(status), 0);
}

void each_user_does(deed *act, const void *given)
{
	for (int who = 0; who < users(); who++)
		assert_good(status_of((enum who)who, act, given));
}

void assert_killed(int status, int by)
{
	if (!WIFSIGNALED(status))
		fail_msg("not killed, but exited with %d", WEXITSTATUS(status));
	assert_int_equal(WTERMSIG(status), by);
}

void child_expects(bool good, const char *what, const char *file, int line)
{
	if (good)
		return;
	fprintf(stderr, "%s:%d: not so: %s (%s)\n", file, line, what, strerror(errno));
	_exit(1);
}

void enter_sandbox(bool unix_sockets)
{
	const struct proc_wish wish = {.unix_sockets = unix_sockets};
	struct proc_report report;
	int done = proc_sandbox(&wish, &report);

	if (done == 0 && report.text[0] == '\0')
		return;
	fprintf(stderr, "%s\n", report.text);
	_exit(2);
}

void take_away(int call, int error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	expect(filter);
	expect(seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)error), call, 0) == 0);
	expect(seccomp_load(filter) == 0);
	seccomp_release(filter);
}

void no_landlock(void)
{
	take_away(SCMP_SYS(landlock_create_ruleset), ENOSYS);
}

void folder_begin(void)
{
	strcpy(folder, "/tmp/starttls-proc-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0777), 0);
}

void folder_end(void)
{
	if (rmdir(folder) < 0)
		fail_msg("%s is not empty", folder);
}

const char *folder_path(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

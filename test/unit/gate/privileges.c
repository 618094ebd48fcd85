/* SPDX-License-Identifier: ISC */
/* Dropping privileges, each case in a process of its own. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/privileges.h"

/* What a child saw, sent up a pipe. */
struct report {
	enum proc_drop result;
	struct proc_error error;
	uid_t uids[3];
	gid_t gids[3];
	int groups, no_new_privs, regained;
};

static void drop_and_look(const char *user, struct report *report)
{
	report->result = proc_drop(user, &report->error);
	getresuid(&report->uids[0], &report->uids[1], &report->uids[2]);
	getresgid(&report->gids[0], &report->gids[1], &report->gids[2]);
	report->groups = getgroups(0, NULL);
	report->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	report->regained = setuid(0) == 0 || setresuid(0, 0, 0) == 0 || setgroups(0, NULL) == 0;
}

/* starter: the user who starts us, NULL for root. */
static struct report run(const char *starter, const char *user)
{
	struct report report = {0};
	int pipe_ends[2], status;
	assert_int_equal(pipe(pipe_ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (starter) {
			const struct passwd *entry = getpwnam(starter);
			if (!entry || setgroups(0, NULL) || setgid(entry->pw_gid) ||
			    setuid(entry->pw_uid))
				_exit(1);
		}
		drop_and_look(user, &report);
		_exit(write(pipe_ends[1], &report, sizeof(report)) != sizeof(report));
	}
	assert_int_equal(read(pipe_ends[0], &report, sizeof(report)), sizeof(report));
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return report;
}

static void needs_root(void)
{
	if (geteuid() != 0) {
		print_message("only root can drop privileges\n");
		skip();
	}
}

static void root_becomes_the_user_for_good(void **state)
{
	(void)state;
	needs_root();
	const struct passwd *entry = getpwnam("nobody");
	assert_non_null(entry);
	uid_t uid = entry->pw_uid;
	gid_t gid = entry->pw_gid;
	struct report report = run(NULL, "nobody");
	assert_int_equal(report.result, PROC_DROPPED);
	assert_string_equal(report.error.text, "");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(report.uids[i], uid);
		assert_int_equal(report.gids[i], gid);
	}
	assert_int_equal(report.groups, 1);
	assert_int_equal(report.no_new_privs, 1);
	assert_false(report.regained);
}

static void failures_are_sentences(void **state)
{
	(void)state;
	needs_root();
	struct report report = run(NULL, "no-such-user");
	assert_int_equal(report.result, PROC_FAILED);
	assert_string_equal(report.error.text,
	                    "There is no user no-such-user: create it (useradd --system "
	                    "no-such-user), or name another one with \"user\".");
	report = run(NULL, "root");
	assert_int_equal(report.result, PROC_FAILED);
	assert_string_equal(report.error.text,
	                    "The user root is root: name an ordinary one with \"user\".");
	/* The control for "regained" above: it does see a process that is root. */
	assert_true(report.regained);
}

static void an_ordinary_user_keeps_what_he_has(void **state)
{
	(void)state;
	struct report report = run(geteuid() == 0 ? "nobody" : NULL, "no-such-user");
	char want[128];
	assert_int_equal(report.result, PROC_KEPT);
	snprintf(want, sizeof(want),
	         "Not started as root, so the user stays uid %u and does not become no-such-user.",
	         (unsigned)report.uids[1]);
	assert_string_equal(report.error.text, want);
	assert_int_equal(report.no_new_privs, 1);
}

static void started_as_the_user_is_no_news(void **state)
{
	const struct passwd *entry = getpwuid(geteuid());
	const char *self = geteuid() == 0 ? "nobody" : entry ? entry->pw_name : NULL;
	(void)state;
	if (!self)
		skip();
	struct report report = run(geteuid() == 0 ? self : NULL, self);
	assert_int_equal(report.result, PROC_KEPT);
	assert_string_equal(report.error.text, "");
}

static void files_are_raised(void **state)
{
	struct rlimit before, after;
	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit low = {before.rlim_max / 2, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(proc_raise_files(), before.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_int_equal(after.rlim_cur, before.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(root_becomes_the_user_for_good),
	    cmocka_unit_test(failures_are_sentences),
	    cmocka_unit_test(an_ordinary_user_keeps_what_he_has),
	    cmocka_unit_test(started_as_the_user_is_no_news),
	    cmocka_unit_test(files_are_raised),
	};
	return cmocka_run_group_tests_name("proc/privileges", tests, NULL, NULL);
}

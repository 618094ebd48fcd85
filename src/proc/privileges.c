/* SPDX-License-Identifier: ISC */
/* For setresuid() and its kin. */
#define _GNU_SOURCE

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc/box.h"
#include "proc/privileges.h"

__attribute__((format(printf, 2, 3))) static enum proc_drop failed(struct proc_error *error,
                                                                   const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(error->text, sizeof(error->text), format, list);
	va_end(list);
	return PROC_FAILED;
}

static int no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static const struct passwd *find_user(const char *user, struct proc_error *error)
{
	errno = 0;
	const struct passwd *entry = getpwnam(user);
	if (!entry && errno != 0 && errno != ENOENT)
		failed(error, "The user %s cannot be looked up: %s.", user, strerror(errno));
	else if (!entry)
		failed(error,
		       "There is no user %s: create it (useradd --system %s), or name another "
		       "one with \"user\".",
		       user, user);
	else if (entry->pw_uid == 0)
		failed(error, "The user %s is root: name an ordinary one with \"user\".", user);
	else
		return entry;
	return NULL;
}

int proc_can_drop(const char *user, struct proc_error *error)
{
	error->text[0] = '\0';
	return geteuid() != 0 || find_user(user, error) ? 0 : -1;
}

/* Real, effective and saved identities: a way back through any of them is one. */
static int is_user_only(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3];
	if (getresuid(&uids[0], &uids[1], &uids[2]) || getresgid(&gids[0], &gids[1], &gids[2]))
		return 0;
	for (int i = 0; i < 3; i++)
		if (uids[i] != uid || gids[i] != gid)
			return 0;
	return 1;
}

static int can_return(void)
{
	return setuid(0) == 0 || seteuid(0) == 0 || (getgid() != 0 && setgid(0) == 0) ||
	       setgroups(0, NULL) == 0;
}

static enum proc_drop become(const struct passwd *entry, bool to_empty_root,
                             struct proc_error *error)
{
	/* Groups first: without root they could not be changed any more. */
	if (initgroups(entry->pw_name, entry->pw_gid))
		return failed(error, "The groups of %s cannot be taken: %s.", entry->pw_name,
		              strerror(errno));
	/* Users and groups are files.  If this fails, the sandbox tells. */
	if (to_empty_root)
		box_empty_root();
	if (setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid))
		return failed(error, "This process cannot become %s: %s.", entry->pw_name,
		              strerror(errno));
	if (!is_user_only(entry->pw_uid, entry->pw_gid) || can_return())
		return failed(error, "This process became %s, but could go back to root.",
		              entry->pw_name);
	return PROC_DROPPED;
}

/* Not root: then we are that user, or an administrator who tries things out. */
static enum proc_drop stay(const char *user, struct proc_error *error)
{
	const struct passwd *entry = getpwnam(user);
	if (!entry || entry->pw_uid != geteuid())
		snprintf(error->text, sizeof(error->text),
		         "Not started as root, so the user stays uid %u and does not become %s.",
		         (unsigned)geteuid(), user);
	return PROC_KEPT;
}

static enum proc_drop drop(const char *user, bool to_empty_root, struct proc_error *error)
{
	enum proc_drop done = PROC_FAILED;
	error->text[0] = '\0';
	if (geteuid() != 0) {
		done = stay(user, error);
	} else {
		const struct passwd *entry = find_user(user, error);
		if (entry)
			done = become(entry, to_empty_root, error);
	}
	if (done != PROC_FAILED && no_new_privileges())
		return failed(error, "New privileges cannot be ruled out: %s.", strerror(errno));
	return done;
}

enum proc_drop proc_drop(const char *user, struct proc_error *error)
{
	return drop(user, false, error);
}

enum proc_drop proc_drop_to_empty_root(const char *user, struct proc_error *error)
{
	return drop(user, true, error);
}

size_t proc_raise_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	struct rlimit raised = {limit.rlim_max, limit.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &raised))
		return limit.rlim_cur;
	return raised.rlim_cur;
}

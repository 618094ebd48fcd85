/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proc/box.h"
#include "proc/sandbox.h"

/* A sanitizer makes system calls of its own, opens files when it has found something,
 * and looks through the memory for leaks when all is over. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZER 1
#endif
#endif
#ifndef SANITIZER
#define SANITIZER 0
#endif

/* One more thing that is missing in the sentence: what, whose fault it is, and why. */
static void miss(struct proc_report *report, const char *what, const char *whose, const char *why)
{
	size_t length = strlen(report->text);
	const char *lead = length ? ";" : "The sandbox is not complete:";

	/* Without the full stop. */
	if (length)
		length--;
	snprintf(report->text + length, sizeof(report->text) - length, "%s %s (%s: %s).", lead,
	         what, whose, why);
}

static void hide_files(const struct proc_paths *paths, struct proc_report *report)
{
	int hidden = paths ? box_landlock_but(paths) : box_landlock();
	const char *why = strerror(errno);

	if (hidden < 0 && (paths || !box_root_is_empty()))
		miss(report, "files are not hidden", "Landlock", why);
}

static void narrow_calls(const struct proc_wish *wish, struct proc_report *report)
{
	if ((wish ? box_seccomp(wish) : box_seccomp_out()) < 0)
		miss(report, "all system calls can be made", "seccomp", strerror(errno));
}

/* The small box has a wish, the larger one paths. */
static int enter(const struct proc_wish *wish, const struct proc_paths *paths,
                 struct proc_report *report)
{
	report->text[0] = '\0';
	if (box_bare() < 0)
		miss(report, "not all privileges are gone", "prctl", strerror(errno));
	if (SANITIZER) {
		miss(report, "files are not hidden, and all system calls can be made", "sanitizer",
		     "it would be in its way");
	} else {
		hide_files(paths, report);
		narrow_calls(wish, report);
	}
	return report->text[0] ? -1 : 0;
}

int proc_sandbox(const struct proc_wish *wish, struct proc_report *report)
{
	return enter(wish, NULL, report);
}

int proc_sandbox_with_files(const struct proc_paths *paths, struct proc_report *report)
{
	return enter(NULL, paths, report);
}

bool proc_wants_empty_root(const struct proc_wish *wish)
{
	return !wish->unix_sockets && box_landlock_version() < 0;
}

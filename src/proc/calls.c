/* SPDX-License-Identifier: ISC */
/* For F_DUPFD_CLOEXEC and AT_EMPTY_PATH. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/calls.h"

#define LENGTH(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* An argument that the kernel takes for an int, whatever is in the upper half. */
#define IS(N, VALUE)                                                                               \
	{                                                                                          \
		N, SCMP_CMP_MASKED_EQ, 0xffffffff, VALUE                                           \
	}
#define HAS(N, FLAG)                                                                               \
	{                                                                                          \
		N, SCMP_CMP_MASKED_EQ, FLAG, FLAG                                                  \
	}
#define LACKS(N, FLAG)                                                                             \
	{                                                                                          \
		N, SCMP_CMP_MASKED_EQ, FLAG, 0                                                     \
	}

/* Whatever their arguments.  A name that an architecture does not have is no harm:
 * 32-bit ones have some of their own. */
static const int allowed[] = {
    /* bytes */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recv),
    SCMP_SYS(send), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
    SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg_time64), SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    /* sockets; neither bind() nor listen() */
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(close),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    /* waiting */
    SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(_newselect), SCMP_SYS(pselect6),
    SCMP_SYS(pselect6_time64), SCMP_SYS(eventfd), SCMP_SYS(eventfd2), SCMP_SYS(pipe),
    SCMP_SYS(pipe2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_settime64), SCMP_SYS(timerfd_gettime), SCMP_SYS(timerfd_gettime64),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
    /* time, chance, and what the machine is */
    SCMP_SYS(time), SCMP_SYS(gettimeofday), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64), SCMP_SYS(getrandom), SCMP_SYS(getrusage),
    SCMP_SYS(times), SCMP_SYS(sysinfo), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* itself, and its one thread */
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getuid32), SCMP_SYS(geteuid32),
    SCMP_SYS(getgid32), SCMP_SYS(getegid32), SCMP_SYS(futex), SCMP_SYS(futex_time64),
    SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(set_tid_address),
    SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit),
    /* signals, but for those that are sent */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack),
    /* the end */
    SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* on a descriptor */
    SCMP_SYS(fstat), SCMP_SYS(fstat64)};

/* Whatever has to do with a path.  bind(2), execve(2) and their kin are not here:
 * nobody calls them to see whether something is there. */
static const int refused[] = {SCMP_SYS(open),
                              SCMP_SYS(openat),
                              SCMP_SYS(openat2),
                              SCMP_SYS(creat),
                              SCMP_SYS(access),
                              SCMP_SYS(faccessat),
                              SCMP_SYS(faccessat2),
                              SCMP_SYS(stat),
                              SCMP_SYS(lstat),
                              SCMP_SYS(stat64),
                              SCMP_SYS(lstat64),
                              SCMP_SYS(readlink),
                              SCMP_SYS(readlinkat),
                              SCMP_SYS(statfs),
                              SCMP_SYS(statfs64),
                              SCMP_SYS(getcwd),
                              SCMP_SYS(chdir),
                              SCMP_SYS(mkdir),
                              SCMP_SYS(mkdirat),
                              SCMP_SYS(rmdir),
                              SCMP_SYS(unlink),
                              SCMP_SYS(unlinkat),
                              SCMP_SYS(rename),
                              SCMP_SYS(renameat),
                              SCMP_SYS(renameat2),
                              SCMP_SYS(link),
                              SCMP_SYS(linkat),
                              SCMP_SYS(symlink),
                              SCMP_SYS(symlinkat),
                              SCMP_SYS(truncate),
                              SCMP_SYS(truncate64),
                              SCMP_SYS(chmod),
                              SCMP_SYS(fchmodat),
                              SCMP_SYS(chown),
                              SCMP_SYS(lchown),
                              SCMP_SYS(fchownat),
                              SCMP_SYS(mknod),
                              SCMP_SYS(mknodat),
                              SCMP_SYS(utime),
                              SCMP_SYS(utimes),
                              SCMP_SYS(utimensat),
                              SCMP_SYS(futimesat),
                              SCMP_SYS(utimensat_time64),
                              SCMP_SYS(getxattr),
                              SCMP_SYS(lgetxattr)};

struct narrowed {
	int call;
	unsigned count;
	struct scmp_arg_cmp arguments[2];
	int error; /* 0: allowed */
};

/* Only with these arguments, and else the process is killed. */
static const struct narrowed narrowed[] = {
    /* No memory that is executed: what is, was loaded before. */
    {SCMP_SYS(mmap), 1, {LACKS(2, PROT_EXEC)}},
    {SCMP_SYS(mmap2), 1, {LACKS(2, PROT_EXEC)}},
    {SCMP_SYS(mprotect), 1, {LACKS(2, PROT_EXEC)}},
    {SCMP_SYS(fcntl), 1, {IS(1, F_GETFD)}},
    {SCMP_SYS(fcntl), 1, {IS(1, F_SETFD)}},
    {SCMP_SYS(fcntl), 1, {IS(1, F_GETFL)}},
    {SCMP_SYS(fcntl), 1, {IS(1, F_SETFL)}},
    {SCMP_SYS(fcntl), 1, {IS(1, F_DUPFD_CLOEXEC)}},
    {SCMP_SYS(fcntl64), 1, {IS(1, F_GETFD)}},
    {SCMP_SYS(fcntl64), 1, {IS(1, F_SETFD)}},
    {SCMP_SYS(fcntl64), 1, {IS(1, F_GETFL)}},
    {SCMP_SYS(fcntl64), 1, {IS(1, F_SETFL)}},
    {SCMP_SYS(fcntl64), 1, {IS(1, F_DUPFD_CLOEXEC)}},
    {SCMP_SYS(socketpair), 1, {IS(0, AF_UNIX)}},
    /* Names for threads, and for memory (malloc has them when asked to). */
    {SCMP_SYS(prctl), 1, {IS(0, PR_SET_NAME)}},
    {SCMP_SYS(prctl), 1, {IS(0, PR_SET_VMA)}},
    /* The process's own limits, as they are. */
    {SCMP_SYS(prlimit64), 2, {IS(0, 0), {2, SCMP_CMP_EQ, 0, 0}}},
    /* libc's fstat().  The path that comes with it is beyond what a filter sees, so
     * that who knows one can still find out whether it is there. */
    {SCMP_SYS(newfstatat), 1, {HAS(3, AT_EMPTY_PATH)}},
    {SCMP_SYS(newfstatat), 1, {LACKS(3, AT_EMPTY_PATH)}, EACCES},
    {SCMP_SYS(fstatat64), 1, {HAS(3, AT_EMPTY_PATH)}},
    {SCMP_SYS(fstatat64), 1, {LACKS(3, AT_EMPTY_PATH)}, EACCES},
    {SCMP_SYS(statx), 1, {HAS(2, AT_EMPTY_PATH)}},
    {SCMP_SYS(statx), 1, {LACKS(2, AT_EMPTY_PATH)}, EACCES},
    /* libc asks whether what it writes to is a terminal. */
    {SCMP_SYS(ioctl), 1, {{1, SCMP_CMP_EQ, FIONREAD, 0}}},
    {SCMP_SYS(ioctl), 1, {{1, SCMP_CMP_NE, FIONREAD, 0}}, ENOTTY},
};

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	int done = 0;

	for (size_t i = 0; i < count && done == 0; i++)
		done = seccomp_rule_add(filter, action, calls[i], 0);
	return done;
}

int calls_allow(scmp_filter_ctx filter)
{
	return add_all(filter, SCMP_ACT_ALLOW, allowed, LENGTH(allowed));
}

int calls_refuse(scmp_filter_ctx filter)
{
	return add_all(filter, SCMP_ACT_ERRNO(EACCES), refused, LENGTH(refused));
}

static int narrow(scmp_filter_ctx filter, const struct narrowed *rule)
{
	uint32_t action = rule->error ? SCMP_ACT_ERRNO((unsigned)rule->error) : SCMP_ACT_ALLOW;

	return seccomp_rule_add_array(filter, action, rule->call, rule->count, rule->arguments);
}

/* A process that has found itself broken (abort()) ends itself by a signal. */
static int allow_abort(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp itself = IS(0, (scmp_datum_t)getpid());

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &itself);
}

int calls_narrow(scmp_filter_ctx filter)
{
	int done = allow_abort(filter);

	for (size_t i = 0; i < LENGTH(narrowed) && done == 0; i++)
		done = narrow(filter, &narrowed[i]);
	return done;
}

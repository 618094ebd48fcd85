/* SPDX-License-Identifier: ISC */
/* The calls that lead out of a process, or to others: they kill.  For processes of which
 * nobody can say what else their libraries need. */
/* CLONE_THREAD */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc/box.h"
#include "proc/filter.h"

#define LENGTH(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static const int deadly[] = {
    /* programs and processes */
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp), SCMP_SYS(kill),
    SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal),
    /* other worlds */
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns),
    SCMP_SYS(unshare), SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at),
    /* who one is */
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
    SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setgroups), SCMP_SYS(capset),
    SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
    /* the kernel, and its darker corners */
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
    SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
    SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(personality), SCMP_SYS(memfd_create),
    SCMP_SYS(vmsplice), SCMP_SYS(process_madvise), SCMP_SYS(mbind), SCMP_SYS(migrate_pages),
    SCMP_SYS(move_pages)};

/* No memory that is executed: what is, was loaded before.  A library that looks for one of
 * its modules only now has to do without. */
static int refuse_executed(scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)};
	const struct scmp_arg_cmp executed = {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC};
	int done = 0;

	for (size_t i = 0; i < LENGTH(calls) && done == 0; i++)
		done =
		    seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), calls[i], 1, &executed);
	return done;
}

/* Threads, and no processes.  What clone3(2) is to make cannot be seen from here, so the C
 * library is told to use the older call. */
static int kill_forks(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp process = {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0};
	int done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	return done ? done
	            : seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
	                                     &process);
}

/* abort(3) signals oneself. */
static int kill_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp others = {0, SCMP_CMP_NE, (scmp_datum_t)getpid(), 0};

	return seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1, &others);
}

static int fill(scmp_filter_ctx filter)
{
	int done = refuse_executed(filter);

	for (size_t i = 0; i < LENGTH(deadly) && done == 0; i++)
		done = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	if (done == 0)
		done = kill_forks(filter);
	return done == 0 ? kill_signals(filter) : done;
}

int box_seccomp_out(void)
{
	scmp_filter_ctx filter = filter_open(SCMP_ACT_ALLOW);

	return filter ? filter_load(filter, fill(filter)) : -1;
}

/* SPDX-License-Identifier: ISC */
/* What nobody does in the sandbox and lives.  Each is done outside as well, where it
 * kills nobody. */
#define _GNU_SOURCE
#include "children.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "proc/fork.h"

/* A socket that was made outside, to do forbidden things with. */
struct tools {
	int tcp;
	void *page;
};

static void binds(const struct tools *tools)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	bind(tools->tcp, (const struct sockaddr *)&address, sizeof(address));
}

static void listens(const struct tools *tools)
{
	listen(tools->tcp, 1);
}

static void executes(const struct tools *tools)
{
	(void)tools;
	execl("/bin/true", "true", (char *)NULL);
}

static void forks(const struct tools *tools)
{
	(void)tools;
	if (fork() == 0)
		_exit(0);
}

static void makes_a_thread(const struct tools *tools)
{
	(void)tools;
	/* It fails outside, for lack of arguments. */
	syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_PIDFD, NULL, NULL, NULL,
	        NULL);
}

static void traces(const struct tools *tools)
{
	(void)tools;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void reads_anothers_memory(const struct tools *tools)
{
	struct iovec piece = {tools->page, 1};

	process_vm_readv(getppid(), &piece, 1, &piece, 1, 0);
}

static void signals(const struct tools *tools)
{
	(void)tools;
	kill(getppid(), 0);
}

static void signals_a_thread(const struct tools *tools)
{
	(void)tools;
	syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static void maps_for_execution(const struct tools *tools)
{
	(void)tools;
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void makes_memory_executable(const struct tools *tools)
{
	mprotect(tools->page, 4096, PROT_READ | PROT_EXEC);
}

static void leaves_namespaces(const struct tools *tools)
{
	(void)tools;
	unshare(CLONE_NEWUSER);
}

static void changes_its_root(const struct tools *tools)
{
	(void)tools;
	if (chroot("/") < 0)
		return;
}

static void becomes_somebody(const struct tools *tools)
{
	(void)tools;
	if (setuid(geteuid()) < 0)
		return;
}

static void becomes_traceable(const struct tools *tools)
{
	(void)tools;
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void raises_a_limit(const struct tools *tools)
{
	const struct rlimit limit = {1, 1};

	(void)tools;
	setrlimit(RLIMIT_CORE, &limit);
}

static void has_signals_sent(const struct tools *tools)
{
	fcntl(tools->tcp, F_SETOWN, getpid());
}

static void hides_in_memory(const struct tools *tools)
{
	(void)tools;
	memfd_create("hidden", 0);
}

static void asks_in_a_ring(const struct tools *tools)
{
	(void)tools;
	syscall(SYS_io_uring_setup, 1, NULL);
}

static void loads_a_program(const struct tools *tools)
{
	(void)tools;
	syscall(SYS_bpf, 0, NULL, 0);
}

static void uses_another_stream(const struct tools *tools)
{
	(void)tools;
	socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
}

static void makes_an_internet_pair(const struct tools *tools)
{
	int pair[2];

	(void)tools;
	socketpair(AF_INET, SOCK_STREAM, 0, pair);
}

static void changes_a_mode(const struct tools *tools)
{
	fchmod(tools->tcp, 0600);
}

static void calls_an_unknown_number(const struct tools *tools)
{
	(void)tools;
	syscall(0x3fff);
}

#ifdef __x86_64__
/* getpid() of a 32-bit program; outside it fails where the kernel has no such calls. */
static void is_32_bit(const struct tools *tools)
{
	long result = 20;

	(void)tools;
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
}

static void is_x32(const struct tools *tools)
{
	(void)tools;
	syscall(0x40000000 | SYS_getpid);
}
#endif

struct crime {
	const char *name;
	void (*act)(const struct tools *);
};

static const struct crime crimes[] = {
    {"bind", binds},
    {"listen", listens},
    {"execve", executes},
    {"fork", forks},
    {"clone", makes_a_thread},
    {"ptrace", traces},
    {"process_vm_readv", reads_anothers_memory},
    {"kill", signals},
    {"tgkill", signals_a_thread},
    {"mmap", maps_for_execution},
    {"mprotect", makes_memory_executable},
    {"unshare", leaves_namespaces},
    {"chroot", changes_its_root},
    {"setuid", becomes_somebody},
    {"prctl", becomes_traceable},
    {"setrlimit", raises_a_limit},
    {"F_SETOWN", has_signals_sent},
    {"memfd_create", hides_in_memory},
    {"io_uring", asks_in_a_ring},
    {"bpf", loads_a_program},
    {"SCTP", uses_another_stream},
    {"socketpair", makes_an_internet_pair},
    {"fchmod", changes_a_mode},
    {"unknown", calls_an_unknown_number},
#ifdef __x86_64__
    {"32-bit", is_32_bit},
    {"x32", is_x32},
#endif
};

struct attempt {
	const struct crime *crime;
	bool inside;
};

static int try_it(const void *given)
{
	const struct attempt *attempt = given;
	struct tools tools = {.tcp = socket(AF_INET, SOCK_STREAM, 0)};

	tools.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(tools.tcp >= 0 && tools.page != MAP_FAILED);
	if (attempt->inside)
		enter_sandbox(true);
	attempt->crime->act(&tools);
	_exit(0);
}

static void forbidden_calls_kill(void **state)
{
	(void)state;
	needs_sandbox();
	for (int who = 0; who < users(); who++)
		for (size_t i = 0; i < LENGTH(crimes); i++) {
			struct attempt attempt = {&crimes[i], false};

			print_message("%s\n", crimes[i].name);
			assert_good(status_of((enum who)who, try_it, &attempt));
			attempt.inside = true;
			assert_killed(status_of((enum who)who, try_it, &attempt), SIGSYS);
		}
}

static void the_parent_is_told_why(void **state)
{
	const struct attempt attempt = {&crimes[0], true};
	struct proc_end end = {0};
	char how[PROC_ENDED];

	(void)state;
	needs_sandbox();
	end.status = status_of(AS_STARTED, try_it, &attempt);
	assert_string_equal(proc_ended(how, &end), "was killed because it made a system call that "
	                                           "its sandbox forbids");
}

static int aborts(const void *given)
{
	(void)given;
	enter_sandbox(true);
	abort();
}

/* A process that finds itself broken says so, and is no breach of rules. */
static void abort_is_abort(void **state)
{
	(void)state;
	needs_sandbox();
	assert_killed(status_of(AS_STARTED, aborts, NULL), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forbidden_calls_kill),
	    cmocka_unit_test(the_parent_is_told_why),
	    cmocka_unit_test(abort_is_abort),
	};
	return cmocka_run_group_tests_name("proc/kills", tests, NULL, NULL);
}

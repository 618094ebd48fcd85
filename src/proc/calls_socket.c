/* SPDX-License-Identifier: ISC */
/*
 * Which sockets can be made: streams of the internet's (TCP, and no other protocol
 * that is a stream), and Unix sockets if wished.
 *
 * A filter compares one value at a time and has no "else", so that what is refused is
 * written out.  What is neither allowed nor refused here kills.
 */
/* For SOCK_ types. */
#define _GNU_SOURCE

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proc/calls.h"

#define TYPES 0x0f /* of a type: the kernel's mask, the rest are flags */

static int refuse_family(scmp_filter_ctx filter, enum scmp_compare compare, unsigned family)
{
	const struct scmp_arg_cmp which = {0, compare, family, 0};

	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
	                              &which);
}

static int allow_protocol(scmp_filter_ctx filter, unsigned family, unsigned protocol)
{
	const struct scmp_arg_cmp which[] = {
	    {0, SCMP_CMP_EQ, family, 0},
	    {1, SCMP_CMP_MASKED_EQ, TYPES, SOCK_STREAM},
	    {2, SCMP_CMP_EQ, protocol, 0},
	};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, which);
}

static int refuse_type(scmp_filter_ctx filter, unsigned family, unsigned type)
{
	const struct scmp_arg_cmp which[] = {
	    {0, SCMP_CMP_EQ, family, 0},
	    {1, SCMP_CMP_MASKED_EQ, TYPES, type},
	};

	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 2,
	                              which);
}

static int add_internet(scmp_filter_ctx filter, unsigned family)
{
	int done = allow_protocol(filter, family, 0);

	if (done == 0)
		done = allow_protocol(filter, family, IPPROTO_TCP);
	for (unsigned type = 0; type <= TYPES && done == 0; type++)
		if (type != SOCK_STREAM)
			done = refuse_type(filter, family, type);
	return done;
}

static int add_unix(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp which = {0, SCMP_CMP_EQ, AF_UNIX, 0};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &which);
}

static int add_family(scmp_filter_ctx filter, const struct proc_wish *wish, unsigned family)
{
	if (family == AF_INET || family == AF_INET6)
		return add_internet(filter, family);
	if (family == AF_UNIX && wish->unix_sockets)
		return add_unix(filter);
	return refuse_family(filter, SCMP_CMP_EQ, family);
}

int calls_socket(scmp_filter_ctx filter, const struct proc_wish *wish)
{
	int done = refuse_family(filter, SCMP_CMP_GT, AF_INET6);

	for (unsigned family = 0; family <= AF_INET6 && done == 0; family++)
		done = add_family(filter, wish, family);
	return done;
}

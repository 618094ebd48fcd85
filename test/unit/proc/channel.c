/* SPDX-License-Identifier: ISC */
/* What comes through a channel is what was sent, or is told to be none. */
#include "children.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/channel.h"

#define HEAD offsetof(struct proc_message, body)

static int ends[2];

static int open_channel(void **state)
{
	(void)state;
	return proc_channel(ends);
}

static int close_channel(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void messages_arrive_whole(void **state)
{
	unsigned char body[PROC_BODY];
	struct proc_message message;

	(void)state;
	memset(body, 7, sizeof(body));
	assert_int_equal(proc_send(ends[0], PROC_READY, NULL, 0), 0);
	assert_int_equal(proc_send(ends[0], PROC_TICKETS, body, sizeof(body)), 0);
	assert_int_equal(proc_send(ends[1], PROC_RETIRE, "ab", 2), 0);
	assert_int_equal(proc_receive(ends[1], &message), PROC_MESSAGE);
	assert_int_equal(message.kind, PROC_READY);
	assert_int_equal(message.length, 0);
	assert_int_equal(proc_receive(ends[1], &message), PROC_MESSAGE);
	assert_int_equal(message.kind, PROC_TICKETS);
	assert_int_equal(message.length, PROC_BODY);
	assert_memory_equal(message.body, body, sizeof(body));
	assert_int_equal(proc_receive(ends[0], &message), PROC_MESSAGE);
	assert_int_equal(message.kind, PROC_RETIRE);
	assert_int_equal(message.length, 2);
	assert_memory_equal(message.body, "ab", 2);
}

static void nobody_waits(void **state)
{
	unsigned char body[PROC_BODY] = {0};
	struct proc_message message;
	int sent = 0;

	(void)state;
	assert_int_equal(proc_receive(ends[0], &message), PROC_NOTHING);
	/* A peer that does not read: a million of them is more than there is room for. */
	while (sent < 1000000 && proc_send(ends[0], PROC_TICKETS, body, sizeof(body)) == 0)
		sent++;
	assert_in_range(sent, 1, 999999);
	/* What fitted is all there. */
	while (proc_receive(ends[1], &message) == PROC_MESSAGE)
		sent--;
	assert_int_equal(sent, 0);
	assert_int_equal(proc_send(ends[0], PROC_TICKETS, body, sizeof(body)), 0);
}

static void too_much_is_not_sent(void **state)
{
	unsigned char body[PROC_BODY + 1] = {0};
	struct proc_message message;

	(void)state;
	assert_int_equal(proc_send(ends[0], PROC_TICKETS, body, sizeof(body)), -1);
	assert_int_equal(proc_receive(ends[1], &message), PROC_NOTHING);
}

static void the_peer_is_gone(void **state)
{
	struct proc_message message;

	(void)state;
	assert_int_equal(proc_send(ends[0], PROC_STOP, NULL, 0), 0);
	close(ends[0]);
	ends[0] = -1;
	/* What it said before comes first. */
	assert_int_equal(proc_receive(ends[1], &message), PROC_MESSAGE);
	assert_int_equal(proc_receive(ends[1], &message), PROC_GONE);
	/* SIGPIPE would end the test. */
	assert_int_equal(proc_send(ends[1], PROC_STOP, NULL, 0), -1);
}

/* From somebody who has been taken over. */
static void assert_received(const struct proc_message *message, size_t size,
                            enum proc_received wanted)
{
	struct proc_message received;

	assert_int_equal(send(ends[0], message, size, 0), size);
	assert_int_equal(proc_receive(ends[1], &received), wanted);
}

static void what_is_no_message_is_malformed(void **state)
{
	struct {
		struct proc_message message;
		char more[64];
	} long_one = {{.kind = PROC_TICKETS, .length = PROC_BODY}, ""};
	struct proc_message message = {.kind = PROC_READY, .length = 4};

	(void)state;
	assert_received(&message, HEAD + 4, PROC_MESSAGE);
	assert_received(&message, HEAD + 3, PROC_MALFORMED);
	assert_received(&message, HEAD + 5, PROC_MALFORMED);
	assert_received(&message, HEAD, PROC_MALFORMED);
	assert_received(&message, HEAD - 1, PROC_MALFORMED);
	assert_received(&message, 1, PROC_MALFORMED);
	message.length = UINT32_MAX;
	assert_received(&message, HEAD + 4, PROC_MALFORMED);
	message = (struct proc_message){.kind = 0};
	assert_received(&message, HEAD, PROC_MALFORMED);
	message.kind = PROC_KINDS;
	assert_received(&message, HEAD, PROC_MALFORMED);
	assert_received(&long_one.message, sizeof(long_one.message), PROC_MESSAGE);
	assert_received(&long_one.message, sizeof(long_one), PROC_MALFORMED);
	/* It is dropped, and the next one is heard. */
	message.kind = PROC_READY;
	assert_received(&message, HEAD, PROC_MESSAGE);
}

/* A descriptor that comes along is not taken. */
static void descriptors_are_not_taken(void **state)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct proc_message sent = {.kind = PROC_READY}, received;
	struct iovec part = {&sent, HEAD};
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = &control,
	                         .msg_controllen = sizeof(control)};
	int next = dup(0);

	(void)state;
	close(next);
	memcpy(CMSG_DATA(&control.head), &ends[0], sizeof(int));
	assert_int_equal(sendmsg(ends[0], &message, 0), HEAD);
	assert_int_equal(proc_receive(ends[1], &received), PROC_MESSAGE);
	assert_int_equal(dup(0), next);
	close(next);
}

#define WITH_CHANNEL(TEST) cmocka_unit_test_setup_teardown(TEST, open_channel, close_channel)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_CHANNEL(messages_arrive_whole),
	    WITH_CHANNEL(nobody_waits),
	    WITH_CHANNEL(too_much_is_not_sent),
	    WITH_CHANNEL(the_peer_is_gone),
	    WITH_CHANNEL(what_is_no_message_is_malformed),
	    WITH_CHANNEL(descriptors_are_not_taken),
	};
	return cmocka_run_group_tests_name("proc/channel", tests, NULL, NULL);
}

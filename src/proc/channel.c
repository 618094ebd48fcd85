/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "proc/channel.h"

int proc_channel(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}

/* The head of a message: its length is how much is sent. */
#define HEAD offsetof(struct proc_message, body)

int proc_send(int end, uint32_t kind, const void *body, size_t length)
{
	uint32_t head[2] = {kind, (uint32_t)length};
	struct iovec parts[2] = {{head, sizeof(head)}, {(void *)(uintptr_t)body, length}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n;

	if (length > PROC_BODY)
		return -1;
	do
		n = sendmsg(end, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

static bool is_message(const struct proc_message *message, size_t size)
{
	return size >= HEAD && size <= sizeof(*message) && message->length == size - HEAD &&
	       message->kind >= PROC_READY && message->kind < PROC_KINDS;
}

enum proc_received proc_receive(int end, struct proc_message *message)
{
	ssize_t n;

	do
		n = recv(end, message, sizeof(*message), MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? PROC_NOTHING : PROC_GONE;
	if (n == 0)
		return PROC_GONE;
	return is_message(message, (size_t)n) ? PROC_MESSAGE : PROC_MALFORMED;
}

enum proc_received proc_receive_within(int end, struct proc_message *message, int milliseconds)
{
	struct pollfd one = {.fd = end, .events = POLLIN};

	if (poll(&one, 1, milliseconds > 0 ? milliseconds : 0) <= 0)
		return PROC_NOTHING;
	return proc_receive(end, message);
}

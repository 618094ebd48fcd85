/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/hosts.h"
#include "loop/loop.h"
#include "proc/channel.h"
#include "proc/fork.h"
#include "proc/privileges.h"

#define PATIENCE 20000 /* ms for all of them: name servers may be away */

static struct host *find(const struct hosts *hosts, const struct address *address)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (address_equal(&hosts->list[i].address, address))
			return &hosts->list[i];
	return NULL;
}

static int add(struct hosts *hosts, const struct address *address)
{
	struct host *list;

	if (address->kind != ADDRESS_NAME || find(hosts, address))
		return 0;
	list = reallocarray(hosts->list, hosts->count + 1, sizeof(*list));
	if (!list)
		return -1;
	hosts->list = list;
	list[hosts->count] = (struct host){.address = *address};
	hosts->count++;
	return 0;
}

static int add_all(struct hosts *hosts, const struct config_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (add(hosts, &addresses->list[i].address) < 0)
			return -1;
	return 0;
}

static int add_front(struct hosts *hosts, const struct config_front *front)
{
	for (size_t i = 0; i < front->route_count; i++)
		if (add_all(hosts, &front->routes[i].backend) < 0)
			return -1;
	return add_all(hosts, &front->backend);
}

/* What is said of one host. */
struct answer {
	uint32_t index, count;
	char reason[sizeof(((struct host *)0)->reason)];
	struct address_socket sockets[HOST_SOCKETS];
};
_Static_assert(sizeof(struct answer) <= PROC_BODY, "an answer is one message");

static void look_up(const struct host *host, struct answer *answer)
{
	const char *reason = "";

	answer->count =
	    (uint32_t)address_resolve(&host->address, answer->sockets, HOST_SOCKETS, &reason);
	if (!answer->count)
		snprintf(answer->reason, sizeof(answer->reason), "%s", reason);
}

/* The process that asks: an ordinary user's, if there is one to be. */
static int ask(const struct hosts *hosts, const char *user, int channel)
{
	struct proc_error error;

	proc_hear_signals();
	if (proc_drop(user, &error) == PROC_FAILED)
		return -1;
	for (uint32_t i = 0; i < hosts->count; i++) {
		struct answer answer = {.index = i};

		look_up(&hosts->list[i], &answer);
		if (proc_send(channel, PROC_HOST, &answer, sizeof(answer)) < 0)
			return -1;
	}
	return 0;
}

static int is_sound(const struct answer *answer, size_t hosts)
{
	if (answer->index >= hosts || answer->count > HOST_SOCKETS ||
	    !memchr(answer->reason, '\0', sizeof(answer->reason)))
		return 0;
	for (uint32_t i = 0; i < answer->count; i++)
		if (answer->sockets[i].length > sizeof(answer->sockets[i].storage))
			return 0;
	return 1;
}

static void take(struct hosts *hosts, const struct answer *answer)
{
	struct host *host = &hosts->list[answer->index];

	memcpy(host->reason, answer->reason, sizeof(host->reason));
	if (!answer->count)
		return;
	host->count = answer->count;
	memcpy(host->sockets, answer->sockets, sizeof(host->sockets));
}

/* Until the other one has nothing more to say, or time is up. */
static void hear(struct hosts *hosts, int channel)
{
	int64_t limit = loop_clock() + PATIENCE;
	struct proc_message message;
	struct answer answer;

	while (loop_clock() < limit &&
	       proc_receive_within(channel, &message, (int)(limit - loop_clock())) ==
	           PROC_MESSAGE) {
		if (message.kind != PROC_HOST || message.length != sizeof(answer))
			continue;
		memcpy(&answer, message.body, sizeof(answer));
		if (is_sound(&answer, hosts->count))
			take(hosts, &answer);
	}
}

static int look_up_all(struct hosts *hosts, const char *user)
{
	int ends[2];
	pid_t pid;

	if (proc_channel(ends) < 0)
		return -1;
	pid = proc_fork();
	if (pid == 0)
		_exit(ask(hosts, user, ends[1]) < 0);
	close(ends[1]);
	if (pid > 0)
		hear(hosts, ends[0]);
	close(ends[0]);
	proc_kill(pid);
	return pid < 0 ? -1 : 0;
}

int hosts_look_up(struct hosts *hosts, const struct config *config)
{
	for (size_t i = 0; i < config->front_count; i++)
		if (add_front(hosts, &config->fronts[i]) < 0)
			return -1;
	for (size_t i = 0; i < hosts->count; i++)
		strcpy(hosts->list[i].reason, "the name servers have not answered");
	return hosts->count ? look_up_all(hosts, config->user) : 0;
}

size_t hosts_find(const struct hosts *hosts, const struct address *address,
                  struct address_socket out[HOST_SOCKETS], const char **reason)
{
	const struct host *host;

	if (address->kind != ADDRESS_NAME)
		return address_resolve(address, out, HOST_SOCKETS, reason);
	host = find(hosts, address);
	*reason = host ? host->reason : "it was not looked up";
	if (!host || !host->count)
		return 0;
	memcpy(out, host->sockets, sizeof(host->sockets));
	return host->count;
}

void hosts_forget(struct hosts *hosts)
{
	free(hosts->list);
	*hosts = (struct hosts){0};
}

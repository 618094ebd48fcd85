/* SPDX-License-Identifier: ISC */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "names/aside.h"
#include "store/deadline.h"
#include "store/redis_knock.h"

#define PATIENCE 10000 /* ms: a name, TLS and a password far away take their time */

struct redis_knock {
	pthread_t thread;
	/* The thread's, until it is over. */
	const struct redis_address *address;
	stls_tls_context *context;
	struct redis_link link;
	int64_t deadline;
	char reason[400];
	bool good;
	/* Of both. */
	atomic_bool over;
	int bell; /* rings when it is given up */
};

/* A connection to a server that hangs is made by the kernel: only a word counts. */
static bool has_answered(struct redis_link *link)
{
	struct redis_command command = {.count = 0};
	redisReply *reply;

	redis_word(&command, "PING");
	reply = redis_link_ask(link, &command);
	if (!reply)
		return false;
	freeReplyObject(reply);
	return true;
}

static void *run(void *owner)
{
	struct redis_knock *knock = owner;
	struct redis_link *link = &knock->link;

	knock->good = redis_link_open(link, knock->address, knock->context) && has_answered(link);
	if (!knock->good)
		redis_link_close(link);
	atomic_store(&knock->over, true);
	return NULL;
}

static void drop(struct redis_knock *knock)
{
	if (knock->bell >= 0)
		close(knock->bell);
	free(knock);
}

struct redis_knock *redis_knock_begin(const struct redis_address *address,
                                      stls_tls_context *context)
{
	struct redis_knock *knock = calloc(1, sizeof(*knock));

	if (!knock)
		return NULL;
	knock->address = address;
	knock->context = context;
	knock->deadline = deadline_in(PATIENCE);
	knock->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	knock->link.pipe = (struct redis_pipe){.fd = -1,
	                                       .bell = knock->bell,
	                                       .deadline = &knock->deadline,
	                                       .reason = knock->reason,
	                                       .room = sizeof(knock->reason)};
	if (knock->bell >= 0 && aside_start(&knock->thread, run, knock) == 0)
		return knock;
	drop(knock);
	return NULL;
}

/* What is the link's own stays so: its deadline, and where its reason is. */
static void hand_over(struct redis_knock *knock, struct redis_link *link)
{
	struct redis_pipe own = link->pipe;

	redis_link_close(link);
	own.fd = knock->link.pipe.fd;
	own.tls = knock->link.pipe.tls;
	*link = knock->link;
	link->pipe = own;
	knock->good = false;
}

enum answer redis_knock_answer(struct redis_knock *knock, struct redis_link *link)
{
	if (!atomic_load(&knock->over))
		return ANSWER_NOTHING;
	if (knock->good) {
		hand_over(knock, link);
		return ANSWER_OK;
	}
	snprintf(link->pipe.reason, link->pipe.room, "%s", knock->reason);
	return ANSWER_TROUBLE;
}

void redis_knock_end(struct redis_knock *knock)
{
	if (!knock)
		return;
	eventfd_write(knock->bell, 1);
	pthread_join(knock->thread, NULL);
	if (knock->good)
		redis_link_close(&knock->link);
	drop(knock);
}

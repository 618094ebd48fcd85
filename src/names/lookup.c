/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "names/aside.h"
#include "names/lookup.h"

/* Shared by the owner and the thread; whoever lets go last frees it, because
 * nobody can make getaddrinfo(3) come back early. */
struct lookup {
	pthread_mutex_t lock;
	struct address address;
	struct lookup_answer answer;
	int answered, references;
	int event;
};

static void let_go(struct lookup *lookup)
{
	int left;

	pthread_mutex_lock(&lookup->lock);
	left = --lookup->references;
	pthread_mutex_unlock(&lookup->lock);
	if (left > 0)
		return;
	pthread_mutex_destroy(&lookup->lock);
	close(lookup->event);
	free(lookup);
}

static void *ask(void *owner)
{
	struct lookup *lookup = owner;
	struct lookup_answer answer = {0};

	answer.count =
	    address_resolve(&lookup->address, answer.sockets, LOOKUP_ROOM, &answer.reason);
	pthread_mutex_lock(&lookup->lock);
	lookup->answer = answer;
	lookup->answered = 1;
	pthread_mutex_unlock(&lookup->lock);
	eventfd_write(lookup->event, 1);
	let_go(lookup);
	return NULL;
}

static int start_thread(struct lookup *lookup)
{
	pthread_t thread;

	if (aside_start(&thread, ask, lookup) < 0)
		return -1;
	pthread_detach(thread);
	return 0;
}

struct lookup *lookup_begin(const struct address *address)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL)
		return NULL;
	lookup->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	lookup->address = *address;
	lookup->references = 2;
	pthread_mutex_init(&lookup->lock, NULL);
	if (lookup->event >= 0 && start_thread(lookup) == 0)
		return lookup;
	if (lookup->event >= 0)
		close(lookup->event);
	pthread_mutex_destroy(&lookup->lock);
	free(lookup);
	return NULL;
}

int lookup_descriptor(const struct lookup *lookup)
{
	return lookup->event;
}

int lookup_answer(struct lookup *lookup, struct lookup_answer *answer)
{
	int answered;

	pthread_mutex_lock(&lookup->lock);
	answered = lookup->answered;
	*answer = lookup->answer;
	pthread_mutex_unlock(&lookup->lock);
	return answered;
}

void lookup_end(struct lookup *lookup)
{
	if (lookup != NULL)
		let_go(lookup);
}

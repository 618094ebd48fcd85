/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/policy_room.h"
#include "gate/policy_talk.h"
#include "gate/policy_talker.h"

/* ms.  Once there are others who answer: who is quiet for that long is sent there, and
 * Postfix would go there by itself after the longer time (socketmap_table(5)). */
#define QUIET 1000
#define LINGER 100000
#define LOOK 250
#define ASKED_FIRST 16 /* of those who are to make room, whether they have said something */

struct talkers {
	struct talk talk;
	struct room room;
	struct log *log;
	const char *name;
	struct listener **listeners;
	size_t listener_count;
	struct timer *look; /* for those who are quiet */
	int64_t retired;    /* ms of the loop's clock, 0: it is not */
	void (*empty)(void *owner);
	void *owner;
};

static struct talker *talker_of(struct link *place)
{
	return LINK_OWNER(place, struct talker, place);
}

/* ---- another one ---- */

static struct talker *quietest(const struct talk *talk)
{
	for (struct link *link = talk->all.next; link != &talk->all; link = link->next)
		if (!talker_is_busy(talker_of(link)))
			return talker_of(link);
	return NULL;
}

/* Whoever has been quiet for longest goes, and asks again when he has to; but nobody whose
 * question is on its way.  False: all of them wait. */
static bool make_room(struct talk *talk)
{
	size_t before = talk->count;

	for (int asked = 0; talk->count == before; asked++) {
		struct talker *one = quietest(talk);

		if (!one)
			return false;
		if (asked < ASKED_FIRST && talker_has_more(one))
			talker_go_on(one);
		else
			talker_end(one);
	}
	return true;
}

static bool find_room(struct talkers *all)
{
	bool made;

	if (all->talk.count < all->room.most)
		return true;
	made = make_room(&all->talk);
	room_is_full(&all->room, made);
	return made;
}

static void accepted(void *owner, int fd, const struct sockaddr *peer, socklen_t length)
{
	struct talkers *all = owner;

	(void)peer, (void)length;
	if (find_room(all))
		talker_open(&all->talk, fd);
	else
		close(fd);
}

static void troubled(void *owner, int error)
{
	struct talkers *all = owner;

	log_say(all->log, LOG_LEVEL_ERROR, "accept", "policy %s: new connections have to wait: %s",
	        all->name, strerror(error));
}

static bool no_descriptor(void *owner)
{
	return make_room(&((struct talkers *)owner)->talk);
}

int talkers_listen(struct talkers *all, int fd)
{
	const struct listener_acts acts = {
	    .accepted = accepted, .troubled = troubled, .make_room = no_descriptor, .owner = all};
	struct listener **list =
	    reallocarray(all->listeners, all->listener_count + 1, sizeof(*list));

	if (!list) {
		close(fd);
		return -1;
	}
	all->listeners = list;
	list[all->listener_count] = listener_open(all->talk.loop, fd, &acts);
	if (!list[all->listener_count])
		return -1;
	all->listener_count++;
	return 0;
}

/* ---- those who are there ---- */

/* Any of them may be over before it has its turn. */
static void on_again(void *owner)
{
	struct talkers *all = owner;
	struct link some;

	link_init(&some);
	link_move_all(&some, &all->talk.again);
	while (!link_alone(&some))
		talker_go_on(LINK_OWNER(link_take(&some), struct talker, again));
}

/* Those who are quiet, of a service that is retired. */
static void on_look(void *owner)
{
	struct talkers *all = owner;
	int64_t now = loop_clock();
	bool late = now - all->retired >= LINGER;

	timer_set(all->look, LOOK);
	for (struct link *link = all->talk.all.next, *next; link != &all->talk.all; link = next) {
		struct talker *one = talker_of(link);

		next = link->next;
		if (!talker_is_busy(one) && (late || now - one->heard >= QUIET))
			talker_end(one);
	}
}

static void left(void *owner)
{
	struct talkers *all = owner;

	if (all->retired && !all->talk.count && all->empty)
		all->empty(all->owner);
}

void talkers_retire(struct talkers *all, void (*empty)(void *owner), void *owner)
{
	while (all->listener_count)
		listener_retire(all->listeners[--all->listener_count]);
	if (!all->retired)
		all->retired = loop_clock();
	all->empty = empty;
	all->owner = owner;
	timer_set(all->look, LOOK);
}

bool talkers_empty(const struct talkers *all)
{
	return !all->talk.count;
}

/* ---- beginning and end ---- */

struct talkers *talkers_open(const struct desk_order *order, struct desk *desk)
{
	struct talkers *all = calloc(1, sizeof(*all));
	struct talk *talk;

	if (!all)
		return NULL;
	talk = &all->talk;
	*talk = (struct talk){.loop = order->loop,
	                      .desk = desk,
	                      .speaks = order->policy->speaks,
	                      .left = left,
	                      .owner = all};
	link_init(&talk->all);
	link_init(&talk->again);
	all->log = order->log;
	all->name = order->policy->name;
	room_open(&all->room, order->config, order->policy, order->log);
	talk->turn = timer_open(order->loop, on_again, all);
	all->look = timer_open(order->loop, on_look, all);
	if (talk->turn && all->look)
		return all;
	talkers_close(all);
	return NULL;
}

void talkers_close(struct talkers *all)
{
	if (!all)
		return;
	while (all->listener_count)
		listener_close(all->listeners[--all->listener_count]);
	all->empty = NULL;
	for (struct link *link = all->talk.all.next, *next; link != &all->talk.all; link = next) {
		next = link->next;
		talker_end(talker_of(link));
	}
	timer_close(all->talk.turn);
	timer_close(all->look);
	free(all->listeners);
	free(all);
}

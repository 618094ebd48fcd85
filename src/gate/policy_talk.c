/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/policy_request.h"
#include "gate/policy_talk.h"
#include "loop/ends.h"
#include "loop/timer.h"

#define AT_MOST 1000     /* connections */
#define OUTSTANDING 4096 /* requests of a connection without a reply */
#define READ_AT_ONCE 16384
#define FULL 65536 /* octets of replies that are not taken: no more is read */
/* ms.  Once there are others who answer: who is quiet for that long is sent there, and
 * Postfix would go there by itself after the longer time (socketmap_table(5)). */
#define QUIET 1000
#define LINGER 100000
#define LOOK 250
#define ROUNDS 16 /* of hearing and answering, before others get their turn */

/* A request that waits, and its reply once that is there. */
struct slot {
	struct desk_wait wait; /* first: told() is given this */
	struct talker *talker;
	struct slot *next;
	char *bytes;
	size_t length;
	bool ready;
};

struct talker {
	struct talker *next, **link;
	struct talkers *all;
	struct end end;
	char in[READ_AT_ONCE]; /* [0, filled) */
	size_t filled;
	char *out; /* [sent, said) is still to be sent */
	size_t sent, said, room;
	struct slot *first, **last; /* in the order of the requests */
	size_t outstanding;
	int64_t heard; /* ms of the loop's clock: when it said something last */
	bool done;     /* the other side has nothing more to ask */
	bool again;    /* it had its turn, and there may be more */
};

struct talkers {
	struct loop *loop;
	struct log *log;
	const struct config_policy *config;
	struct desk *desk;
	struct listener **listeners;
	size_t listener_count;
	struct talker *list;
	size_t count;
	struct timer *again; /* for those who had their turn */
	struct timer *look;  /* for those who are quiet */
	int64_t retired;     /* ms of the loop's clock, 0: it is not */
	void (*empty)(void *owner);
	void *owner;
};

static void drop_slots(struct talker *talker)
{
	while (talker->first) {
		struct slot *slot = talker->first;

		talker->first = slot->next;
		desk_leave(&slot->wait);
		free(slot->bytes);
		free(slot);
	}
}

static void end_talker(struct talker *talker)
{
	struct talkers *all = talker->all;

	if (talker->next)
		talker->next->link = talker->link;
	*talker->link = talker->next;
	drop_slots(talker);
	end_close(&talker->end);
	free(talker->out);
	free(talker);
	all->count--;
	if (all->retired && !all->count && all->empty)
		all->empty(all->owner);
}

/* False when memory is out. */
static bool say(struct talker *talker, const char *bytes, size_t length)
{
	if (talker->said + length > talker->room) {
		size_t room = (talker->said + length) * 2;
		char *out = realloc(talker->out, room);

		if (!out)
			return false;
		talker->out = out;
		talker->room = room;
	}
	memcpy(talker->out + talker->said, bytes, length);
	talker->said += length;
	return true;
}

/* False when the other side is gone. */
static bool flush(struct talker *talker)
{
	while (talker->sent < talker->said) {
		ptrdiff_t n =
		    end_send(&talker->end, talker->out + talker->sent, talker->said - talker->sent);

		if (n == END_WAIT)
			return true;
		if (n < 0)
			return false;
		talker->sent += (size_t)n;
	}
	talker->sent = talker->said = 0;
	if (talker->room > FULL) {
		free(talker->out);
		talker->out = NULL;
		talker->room = 0;
	}
	return true;
}

/* What is ready at the front of the queue. */
static bool say_ready(struct talker *talker)
{
	while (talker->first && talker->first->ready) {
		struct slot *slot = talker->first;

		if (!say(talker, slot->bytes, slot->length))
			return false;
		talker->first = slot->next;
		if (!talker->first)
			talker->last = &talker->first;
		talker->outstanding--;
		free(slot->bytes);
		free(slot);
	}
	return true;
}

static void go_on(struct talker *talker);

static bool set_slot(struct slot *slot, struct desk_reply reply)
{
	if (!reply.bytes)
		reply = desk_busy(slot->talker->all->desk);
	slot->bytes = malloc(reply.length);
	if (!slot->bytes)
		return false;
	memcpy(slot->bytes, reply.bytes, reply.length);
	slot->length = reply.length;
	slot->ready = true;
	return true;
}

static void told(struct desk_wait *wait, struct desk_reply reply)
{
	struct slot *slot = (struct slot *)wait;
	struct talker *talker = slot->talker;

	if (!set_slot(slot, reply))
		end_talker(talker);
	else if (slot == talker->first)
		go_on(talker);
}

static struct slot *add_slot(struct talker *talker)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	slot->wait.told = told;
	slot->talker = talker;
	*talker->last = slot;
	talker->last = &slot->next;
	talker->outstanding++;
	return slot;
}

/* A reply that is there goes out at once, unless others come before it. */
static bool take_request(struct talker *talker, const struct request *request)
{
	struct desk *desk = talker->all->desk;
	struct desk_reply reply;
	struct slot *slot;
	bool known = desk_ask(desk, request->key, request->length, request->form, &reply);

	if (known && !talker->first)
		return say(talker, reply.bytes, reply.length);
	slot = add_slot(talker);
	if (!slot)
		return false;
	if (known)
		return set_slot(slot, reply);
	if (desk_wait(desk, request->key, request->length, request->form, &slot->wait))
		return true;
	return set_slot(slot, desk_busy(desk));
}

/* Of what follows something that is no request nobody can tell where the next one begins;
 * those before it are answered. */
static void hear_no_more(struct talker *talker)
{
	talker->done = true;
	talker->filled = 0;
}

/* The requests that are there; false when memory is out. */
static bool take_requests(struct talker *talker)
{
	enum config_policy_speaks speaks = talker->all->config->speaks;
	struct request request;
	size_t at = 0;
	ptrdiff_t n = 0;

	while (talker->outstanding < OUTSTANDING && talker->said - talker->sent < FULL &&
	       (n = request_read(speaks, talker->in + at, talker->filled - at, &request)) > 0) {
		if (!take_request(talker, &request))
			return false;
		at += (size_t)n;
	}
	memmove(talker->in, talker->in + at, talker->filled - at);
	talker->filled -= at;
	if (n < 0)
		hear_no_more(talker);
	return true;
}

/* Reads once; false when there was nothing. */
static bool hear(struct talker *talker)
{
	ptrdiff_t n;

	if (talker->done || talker->filled == sizeof(talker->in))
		return false;
	n = end_recv(&talker->end, talker->in + talker->filled,
	             sizeof(talker->in) - talker->filled);
	if (n == END_WAIT)
		return false;
	talker->heard = loop_clock();
	if (n > 0)
		talker->filled += (size_t)n;
	else
		talker->done = true;
	return true;
}

static bool is_busy(const struct talker *talker)
{
	return talker->first || talker->said > talker->sent;
}

/* Whatever can be said is said, and whatever can be heard then is; within bounds.  False
 * when that was the end. */
static bool turn(struct talker *talker)
{
	int rounds = ROUNDS;
	bool moved = true;

	while (moved && rounds--) {
		size_t before = talker->filled;

		if (!take_requests(talker) || !say_ready(talker) || !flush(talker))
			return false;
		moved = talker->said == talker->sent && (talker->filled != before || hear(talker));
	}
	talker->again = moved;
	if (moved) {
		timer_set(talker->all->again, 0);
		return true;
	}
	/* Half a request is none. */
	return !talker->done || is_busy(talker);
}

static void go_on(struct talker *talker)
{
	if (!turn(talker))
		end_talker(talker);
}

static void wake(void *owner)
{
	go_on(owner);
}

/* Makes room for another one: whoever has been quiet for longest goes.  Postfix closes
 * what it does not need for ten seconds. */
static void end_quietest(struct talkers *all)
{
	struct talker *quietest = NULL;

	for (struct talker *one = all->list; one; one = one->next)
		if (!is_busy(one) && (!quietest || one->heard < quietest->heard))
			quietest = one;
	if (quietest)
		end_talker(quietest);
}

static void accepted(void *owner, int fd, const struct sockaddr *peer, socklen_t length)
{
	struct talkers *all = owner;
	struct talker *talker;

	(void)peer, (void)length;
	if (all->count >= AT_MOST)
		end_quietest(all);
	talker = all->count < AT_MOST ? calloc(1, sizeof(*talker)) : NULL;
	if (!talker) {
		close(fd);
		return;
	}
	talker->all = all;
	talker->last = &talker->first;
	talker->heard = loop_clock();
	if (end_open(&talker->end, all->loop, fd, wake, talker) < 0) {
		free(talker);
		return;
	}
	talker->next = all->list;
	talker->link = &all->list;
	if (talker->next)
		talker->next->link = &talker->next;
	all->list = talker;
	all->count++;
}

static void troubled(void *owner, int error)
{
	struct talkers *all = owner;

	log_say(all->log, LOG_LEVEL_ERROR, "accept", "policy %s: new connections have to wait: %s",
	        all->config->name, strerror(error));
}

static void on_again(void *owner)
{
	struct talkers *all = owner;
	struct talker *next;

	for (struct talker *one = all->list; one; one = next) {
		next = one->next;
		if (one->again)
			go_on(one);
	}
}

/* Those who are quiet, of a service that is retired. */
static void on_look(void *owner)
{
	struct talkers *all = owner;
	int64_t now = loop_clock();
	bool late = now - all->retired >= LINGER;
	struct talker *next;

	timer_set(all->look, LOOK);
	for (struct talker *one = all->list; one; one = next) {
		next = one->next;
		if (!is_busy(one) && (late || now - one->heard >= QUIET))
			end_talker(one);
	}
}

struct talkers *talkers_open(struct loop *loop, struct log *log, const struct config_policy *config,
                             struct desk *desk)
{
	struct talkers *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	*all = (struct talkers){.loop = loop, .log = log, .config = config, .desk = desk};
	all->again = timer_open(loop, on_again, all);
	all->look = timer_open(loop, on_look, all);
	if (all->again && all->look)
		return all;
	talkers_close(all);
	return NULL;
}

int talkers_listen(struct talkers *all, int fd)
{
	const struct listener_acts acts = {
	    .accepted = accepted, .troubled = troubled, .owner = all};
	struct listener **list =
	    reallocarray(all->listeners, all->listener_count + 1, sizeof(*list));

	if (!list) {
		close(fd);
		return -1;
	}
	all->listeners = list;
	list[all->listener_count] = listener_open(all->loop, fd, &acts);
	if (!list[all->listener_count])
		return -1;
	all->listener_count++;
	return 0;
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
	return !all->count;
}

void talkers_close(struct talkers *all)
{
	if (!all)
		return;
	while (all->listener_count)
		listener_close(all->listeners[--all->listener_count]);
	all->empty = NULL;
	for (struct talker *talker = all->list, *next; talker; talker = next) {
		next = talker->next;
		end_talker(talker);
	}
	timer_close(all->again);
	timer_close(all->look);
	free(all->listeners);
	free(all);
}

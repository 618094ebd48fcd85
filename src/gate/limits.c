/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"
#include "loop/timer.h"
#include "proc/memory.h"

#define LOOK_EVERY 100           /* ms between two looks at the memory */
#define LOOK_RARELY 20           /* times as long as a look takes, at least */
#define SESSION_COSTS 8192       /* bytes, about, until there is another look */
#define HANDSHAKE_COSTS 81920    /* ditto */
#define TICK 1000                /* ms between two looks when nobody comes */
#define SAY_AGAIN_AFTER 60000    /* ms */
#define MEMORY_LEAST (16u << 20) /* bytes; with less than that there is nothing to serve */
#define SPARE_MOST (4u << 20)    /* bytes that are kept for the next burst */
#define FILES_LEAST 4            /* kept for services, and for the log */
#define FILES_MOST 64

struct queue {
	struct limits_seat *oldest, *youngest;
	size_t count;
};

struct limits {
	struct limits_order order;
	struct queue queues[LIMITS_PROGRESS_COUNT];
	size_t connections; /* our share; SIZE_MAX: as many as there are */
	size_t files;       /* from this descriptor on none are for new connections */
	size_t memory;      /* our share, in bytes; SIZE_MAX: no limit */
	bool full;          /* of memory, at the last look */
	int64_t look_again; /* when */
	size_t spent;       /* since then, about */
	size_t spare;       /* memory that has been offered to the system */
	int64_t silent_until;
	struct timer *tick;
};

static size_t sum(const struct limits *limits)
{
	size_t count = 0;

	for (int i = 0; i < LIMITS_PROGRESS_COUNT; i++)
		count += limits->queues[i].count;
	return count;
}

/* ---- queues ---- */

static void append(struct queue *queue, struct limits_seat *seat)
{
	seat->next = NULL;
	seat->before = queue->youngest;
	*(queue->youngest ? &queue->youngest->next : &queue->oldest) = seat;
	queue->youngest = seat;
	queue->count++;
}

static void take_out(struct queue *queue, struct limits_seat *seat)
{
	*(seat->before ? &seat->before->next : &queue->oldest) = seat->next;
	*(seat->next ? &seat->next->before : &queue->youngest) = seat->before;
	queue->count--;
}

/* Those who hold on to what they have are the many, so that is where room is made:
 * among them at the oldest, which had the most time.  Where nearly all are being
 * served there is nothing to be won by it, and who came last has to go.  The one that
 * needs the room, if it has a seat already, is not made to. */
bool limits_make_room(struct limits *limits, const struct limits_seat *needy)
{
	const struct queue *opening = &limits->queues[LIMITS_OPENING];
	const struct queue *waiting = &limits->queues[LIMITS_WAITING];
	struct limits_seat *seat = (opening->count >= waiting->count ? opening : waiting)->oldest;

	if (seat && seat == needy)
		seat = seat->next;
	if (!seat || (opening->count + waiting->count) * 16 < sum(limits))
		return false;
	limits->order.evict(seat->owner);
	return true;
}

/* ---- shares ---- */

/* Of what there is for all, but for what those have who only wait for their
 * connections to end; those who serve have a quarter at any rate. */
static size_t share(const struct limits *limits, uint64_t all, uint64_t retired)
{
	uint64_t left = all > retired ? all - retired : 0;
	uint64_t ours = (left > all / 4 ? left : all / 4) + limits->order.workers - 1;

	return (size_t)(ours / limits->order.workers);
}

static size_t at_least(size_t least, size_t number)
{
	return number > least ? number : least;
}

static size_t share_of_memory(const struct limits *limits, uint64_t retired)
{
	uint64_t all = (uint64_t)limits->order.config->memory << 20;

	return at_least(MEMORY_LEAST, share(limits, all, retired));
}

static void find_shares(struct limits *limits)
{
	const struct config_limits *config = limits->order.config;
	const struct tally_retired retired = tally_retired(limits->order.board);

	if (config->connections)
		limits->connections = share(limits, config->connections, retired.connections);
	if (config->memory)
		limits->memory = share_of_memory(limits, retired.memory << 10);
}

/* ---- memory ---- */

/* A quarter is left for what happens between two looks, for what those need who are
 * being served, and for the gaps between what is used. */
static bool is_full(const struct limits *limits, size_t used)
{
	return limits->memory != SIZE_MAX && used > limits->memory / 4 * 3;
}

static struct proc_memory measure(struct limits *limits)
{
	int64_t began = loop_clock(), now;
	const struct proc_memory memory = proc_memory();

	/* Where memory is in many pieces it takes a while to add them up. */
	now = loop_clock();
	limits->look_again = now + LOOK_EVERY + (now - began) * LOOK_RARELY;
	limits->spent = 0;
	limits->full = is_full(limits, memory.used);
	atomic_store_explicit(&limits->order.own->memory, (uint32_t)(memory.used >> 10),
	                      memory_order_relaxed);
	return memory;
}

static void look(struct limits *limits, const struct limits_seat *needy)
{
	size_t many = limits->queues[LIMITS_OPENING].count / 8 + 1;

	find_shares(limits);
	measure(limits);
	if (!limits->full)
		return;
	while (many-- && limits_make_room(limits, needy))
		;
	measure(limits);
}

/* Something is to be had that costs about that much. */
static void spend(struct limits *limits, size_t bytes, const struct limits_seat *needy)
{
	limits->spent += bytes;
	if (limits->spent > limits->memory / 32 || loop_clock() >= limits->look_again)
		look(limits, needy);
}

/* What a burst has left behind goes back to the system, once. */
static void tidy(struct limits *limits, size_t spare)
{
	if (spare > limits->spare + SPARE_MOST) {
		proc_memory_trim();
		limits->spare = spare;
	} else if (spare < limits->spare) {
		limits->spare = spare;
	}
}

static void on_tick(void *owner)
{
	struct limits *limits = owner;

	look(limits, NULL);
	tidy(limits, proc_memory().spare);
	if (sum(limits))
		timer_set(limits->tick, TICK);
}

/* ---- from the beginning to the end ---- */

/* An eighth of the descriptors is left for the way to the services. */
static size_t files_for_connections(void)
{
	size_t files = proc_files(), kept = files / 8;

	if (kept > FILES_MOST)
		kept = FILES_MOST;
	return files - (kept < FILES_LEAST ? FILES_LEAST : kept);
}

struct limits *limits_open(const struct limits_order *order)
{
	struct limits *limits = calloc(1, sizeof(*limits));

	if (!limits)
		return NULL;
	limits->order = *order;
	limits->connections = limits->memory = SIZE_MAX;
	limits->files = files_for_connections();
	limits->tick = timer_open(order->loop, on_tick, limits);
	if (!limits->tick) {
		limits_close(limits);
		return NULL;
	}
	find_shares(limits);
	return limits;
}

void limits_enforce(const struct limits *limits)
{
	/* As if nobody had retired: that changes, and this does not. */
	size_t most = share_of_memory(limits, 0);

	if (limits->order.config->memory && proc_memory_limit(most) < 0)
		log_say(limits->order.log, LOG_LEVEL_WARNING, "limits",
		        "The system cannot be made to keep this process within its share of "
		        "memory, %zu MiB.",
		        most >> 20);
}

void limits_close(struct limits *limits)
{
	if (!limits)
		return;
	timer_close(limits->tick);
	free(limits);
}

void limits_retire(struct limits *limits)
{
	atomic_store_explicit(&limits->order.own->retired, true, memory_order_relaxed);
}

/* ---- a connection is there ---- */

static bool refuse(enum board_refusal *why, enum board_refusal reason)
{
	*why = reason;
	return false;
}

static bool is_too_fast(const struct limits *limits, const struct tally_mark *mark)
{
	unsigned most = limits->order.config->handshakes_per_address;

	return most && mark->counted &&
	       tally_handshakes(limits->order.board, mark, loop_clock()) >= most;
}

static bool is_fine(const struct limits *limits, const struct tally_mark *mark,
                    enum board_refusal *why)
{
	unsigned most = limits->order.config->connections_per_address;

	if (most && tally_connections(limits->order.board, mark) >= most)
		return refuse(why, BOARD_REFUSED_ADDRESS);
	return is_too_fast(limits, mark) ? refuse(why, BOARD_REFUSED_RATE) : true;
}

static void complain(struct limits *limits, const char *what)
{
	int64_t now = loop_clock();

	if (now < limits->silent_until)
		return;
	limits->silent_until = now + SAY_AGAIN_AFTER;
	log_say(limits->order.log, LOG_LEVEL_ERROR, "accept", "%s", what);
}

static bool has_files(struct limits *limits, int fd)
{
	if ((size_t)fd < limits->files)
		return true;
	complain(limits, "There are hardly any descriptors left (RLIMIT_NOFILE): connections that "
	                 "have not got to a service are ended, or new ones refused.");
	return limits_make_room(limits, NULL);
}

static bool has_room(struct limits *limits, int fd, enum board_refusal *why)
{
	if (!has_files(limits, fd))
		return refuse(why, BOARD_REFUSED_CONNECTIONS);
	if (sum(limits) >= limits->connections && !limits_make_room(limits, NULL))
		return refuse(why, BOARD_REFUSED_CONNECTIONS);
	if (limits->full && !limits_make_room(limits, NULL))
		return refuse(why, BOARD_REFUSED_MEMORY);
	return true;
}

bool limits_admit(struct limits *limits, int fd, const struct sockaddr *address,
                  enum board_refusal *why)
{
	spend(limits, SESSION_COSTS, NULL);
	if (address) {
		const struct tally_mark mark = tally_mark(limits->order.board, address);

		if (!is_fine(limits, &mark, why))
			return false;
	}
	return has_room(limits, fd, why);
}

void limits_complain(struct limits *limits, int error)
{
	char text[160];

	snprintf(text, sizeof(text), "New connections have to wait: %s.", strerror(error));
	complain(limits, text);
}

void limits_opened(struct limits *limits, const struct limits_seat *seat, int fd)
{
	if (fd >= 0 && (size_t)fd >= limits->files)
		limits_make_room(limits, seat);
}

/* ---- a session ---- */

void limits_sit(struct limits *limits, struct limits_seat *seat, const struct sockaddr *address,
                void *owner)
{
	seat->owner = owner;
	seat->progress = LIMITS_OPENING;
	if (address)
		seat->mark = tally_mark(limits->order.board, address);
	tally_come(limits->order.own, &seat->mark);
	append(&limits->queues[LIMITS_OPENING], seat);
	if (!timer_is_set(limits->tick))
		timer_set(limits->tick, TICK);
}

bool limits_know(struct limits *limits, struct limits_seat *seat, const struct sockaddr *address,
                 enum board_refusal *why)
{
	const struct tally_mark mark = tally_mark(limits->order.board, address);

	if (!is_fine(limits, &mark, why))
		return false;
	tally_go(limits->order.own, &seat->mark);
	seat->mark = mark;
	tally_come(limits->order.own, &seat->mark);
	return true;
}

bool limits_handshake(struct limits *limits, const struct limits_seat *seat)
{
	if (is_too_fast(limits, &seat->mark))
		return false;
	tally_handshake(limits->order.own, &seat->mark, loop_clock());
	spend(limits, HANDSHAKE_COSTS, seat);
	if (limits->full)
		limits_make_room(limits, seat);
	return true;
}

void limits_advance(struct limits *limits, struct limits_seat *seat, enum limits_progress progress)
{
	take_out(&limits->queues[seat->progress], seat);
	seat->progress = progress;
	append(&limits->queues[progress], seat);
}

void limits_leave(struct limits *limits, struct limits_seat *seat)
{
	if (!seat->owner)
		return;
	take_out(&limits->queues[seat->progress], seat);
	tally_go(limits->order.own, &seat->mark);
	seat->owner = NULL;
}

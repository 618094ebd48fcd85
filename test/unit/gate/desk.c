/* SPDX-License-Identifier: ISC */
#include "desk.h"

#include "gate/policy_flight.h"
#include "gate/policy_store.h"

/* The tests are one thread, and one after the other. */
static struct flight *flights[FLIGHTS];
static size_t begun;
static char stored[254];
static int64_t stored_when;
static char overridden[254];
static const struct config_override *override;

/* ---- time, which stands still unless it is told to pass ---- */

#define MORNING INT64_C(1000000)  /* ms of the clock */
#define TODAY INT64_C(1800000000) /* and the date then */

static int64_t clock_now;

int64_t __wrap_loop_clock(void);
int64_t __wrap_loop_date(void);
struct timer *__wrap_timer_open(struct loop *, void (*)(void *), void *);
void __wrap_timer_close(struct timer *);
void __wrap_timer_set(struct timer *, int64_t);
void __wrap_timer_clear(struct timer *);
int __wrap_timer_is_set(const struct timer *);

int64_t __wrap_loop_clock(void)
{
	return clock_now;
}

int64_t __wrap_loop_date(void)
{
	return TODAY + (clock_now - MORNING) / 1000;
}

/* ---- instead of loop/timer.c ---- */

struct timer {
	struct timer *next, **link;
	int64_t due; /* 0: never */
	void (*ring)(void *owner);
	void *owner;
};

static struct timer *timers;

struct timer *__wrap_timer_open(struct loop *loop, void (*ring)(void *owner), void *owner)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	(void)loop;
	*timer = (struct timer){.next = timers, .link = &timers, .ring = ring, .owner = owner};
	if (timer->next)
		timer->next->link = &timer->next;
	timers = timer;
	return timer;
}

void __wrap_timer_close(struct timer *timer)
{
	if (!timer)
		return;
	if (timer->next)
		timer->next->link = timer->link;
	*timer->link = timer->next;
	free(timer);
}

void __wrap_timer_set(struct timer *timer, int64_t milliseconds)
{
	timer->due = clock_now + milliseconds;
}

void __wrap_timer_clear(struct timer *timer)
{
	timer->due = 0;
}

int __wrap_timer_is_set(const struct timer *timer)
{
	return timer->due != 0;
}

/* The first one that is due by then. */
static struct timer *next_timer(int64_t until)
{
	struct timer *first = NULL;

	for (struct timer *timer = timers; timer; timer = timer->next)
		if (timer->due && timer->due <= until && (!first || timer->due < first->due))
			first = timer;
	return first;
}

static void ring_until(int64_t until)
{
	struct timer *timer;

	while ((timer = next_timer(until))) {
		if (timer->due > clock_now)
			clock_now = timer->due;
		timer->due = 0;
		timer->ring(timer->owner);
	}
	clock_now = until;
}

/* ---- instead of policy_flight.c and policy_store.c ---- */

struct flight *flight_begin(const struct desk_order *order, const char *destination, bool refresh,
                            flight_done *done, void *owner)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	assert_non_null(order->policy);
	assert_true(begun < FLIGHTS);
	snprintf(flight->destination, sizeof(flight->destination), "%s", destination);
	flight->refresh = refresh;
	flight->done = done;
	flight->owner = owner;
	flights[begun++] = flight;
	return flight;
}

void flight_end(struct flight *flight)
{
	if (flight)
		flight->over = true;
}

const struct config_override *policy_override(const struct config *config,
                                              const struct stls_destination *to, int64_t now)
{
	(void)config;
	assert_true(now > 0);
	return override && strcmp(to->name, overridden) == 0 ? override : NULL;
}

bool policy_next(const struct desk_order *order, char domain[254], int64_t *when)
{
	(void)order;
	if (!stored[0] || strcmp(domain, stored) == 0)
		return false;
	strcpy(domain, stored);
	*when = stored_when;
	return true;
}

/* ---- what tests do ---- */

size_t flights_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < begun; i++)
		count += !flights[i]->over;
	return count;
}

size_t flights_begun(void)
{
	return begun;
}

struct flight *flights_find(const char *destination)
{
	for (size_t i = 0; i < begun; i++)
		if (!flights[i]->over && strcmp(flights[i]->destination, destination) == 0)
			return flights[i];
	return NULL;
}

struct flight *flights_at(size_t index)
{
	return flights[index];
}

static struct stls_plan plan_of(enum stls_outcome outcome, int64_t seconds)
{
	return (struct stls_plan){
	    .size = sizeof(struct stls_plan),
	    .outcome = outcome,
	    .reason = "",
	    .domain = "example.org",
	    .mx = STLS_DNS_SECURE,
	    .valid_until = loop_date() + seconds,
	    .sts = {.record_id = "", .detail = "", .memory.id = ""},
	};
}

static void finds(struct flight *flight, enum stls_level level, int64_t seconds, int renewed)
{
	struct stls_plan plan = plan_of(STLS_DELIVER, seconds);
	struct stls_host host = {.name = "mx.example.org", .level = level};
	const struct stls_host *const hosts[] = {&host};

	assert_non_null(flight);
	plan.hosts = hosts;
	plan.host_count = 1;
	plan.sts.renewed = renewed;
	flight->done(flight->owner, &plan, "");
}

void flight_finds(struct flight *flight, enum stls_level level, int64_t seconds)
{
	finds(flight, level, seconds, 0);
}

void flight_fetches(struct flight *flight, enum stls_level level, int64_t seconds)
{
	finds(flight, level, seconds, 1);
}

void flight_fails(struct flight *flight, const char *reason)
{
	struct stls_plan plan = plan_of(STLS_DEFER, 1);

	assert_non_null(flight);
	plan.fault = STLS_FAULT_LOOKUP;
	plan.reason = reason;
	flight->done(flight->owner, &plan, "");
}

void flight_knows_nothing(struct flight *flight, int64_t seconds)
{
	flight_finds(flight, STLS_LEVEL_MAY, seconds);
}

void flight_cannot_be(struct flight *flight, const char *why)
{
	assert_non_null(flight);
	flight->done(flight->owner, NULL, why);
}

void store_has(const char *domain, int64_t when)
{
	snprintf(stored, sizeof(stored), "%s", domain ? domain : "");
	stored_when = when;
}

void operator_says(const char *name, const struct config_override *rule)
{
	snprintf(overridden, sizeof(overridden), "%s", name ? name : "");
	override = rule;
}

/* ---- the scene ---- */

static void stop(void *owner, unsigned what)
{
	(void)what;
	loop_stop(((struct scene *)owner)->loop);
}

/* A loop that always has something to do, and stops then. */
static void open_bell(struct scene *scene)
{
	assert_int_equal(pipe(scene->bell), 0);
	scene->watch = watch_open(scene->loop, scene->bell[0], stop, scene);
	assert_non_null(scene->watch);
}

struct scene *scene_open(enum config_policy_speaks speaks)
{
	static char name[] = "p";
	struct scene *scene = calloc(1, sizeof(*scene));

	clock_now = MORNING;
	store_has(NULL, 0);
	operator_says(NULL, NULL);
	scene->loop = loop_create();
	open_bell(scene);
	scene->log = (struct log){.fd = -1, .level = LOG_LEVEL_ERROR};
	scene->policy = (struct config_policy){.name = name, .speaks = speaks};
	scene->desk = desk_open(&(struct desk_order){.config = &scene->config,
	                                             .policy = &scene->policy,
	                                             .loop = scene->loop,
	                                             .log = &scene->log});
	assert_non_null(scene->desk);
	return scene;
}

void scene_close(struct scene *scene)
{
	desk_close(scene->desk);
	assert_int_equal(flights_count(), 0);
	while (begun)
		free(flights[--begun]);
	assert_null(timers);
	watch_close(scene->watch);
	close(scene->bell[0]);
	close(scene->bell[1]);
	loop_free(scene->loop);
	free(scene);
}

/* What is ready is seen to in the same turn as the bell, or in the one before. */
void scene_turn(struct scene *scene)
{
	char byte = 'x';

	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(scene->bell[1], &byte, 1), 1);
		loop_run(scene->loop);
		assert_int_equal(read(scene->bell[0], &byte, 1), 1);
		ring_until(clock_now);
	}
}

void scene_pass(struct scene *scene, int64_t milliseconds)
{
	ring_until(clock_now + milliseconds);
	scene_turn(scene);
}

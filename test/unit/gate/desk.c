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

void flight_forbids(struct flight *flight, int renewed)
{
	struct stls_plan plan = plan_of(STLS_DEFER, 300);

	assert_non_null(flight);
	plan.fault = STLS_FAULT_STS_MX;
	plan.reason = "no host is named";
	plan.sts.renewed = renewed;
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

struct scene *scene_open(enum config_policy_speaks speaks)
{
	static char name[] = "p";
	struct scene *scene = calloc(1, sizeof(*scene));

	store_has(NULL, 0);
	operator_says(NULL, NULL);
	still_open(&scene->still);
	scene->loop = scene->still.loop;
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
	still_close(&scene->still);
	free(scene);
}

void scene_turn(struct scene *scene)
{
	still_turn(&scene->still);
}

void scene_pass(struct scene *scene, int64_t milliseconds)
{
	still_pass(&scene->still, milliseconds);
}

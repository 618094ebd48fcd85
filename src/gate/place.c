/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/random.h>

#include "gate/service.h"
#include "wire/goodbye.h"
#include "wire/proxy.h"

#define SOON 1000      /* ms: the first pause after a failure, and the shortest between two looks */
#define LONGEST 30000  /* ms between two looks where there are none while all is well */
#define MOST_DOUBLED 6 /* a pause of more than a minute is not doubled */

/* Workers, and the places of a service, do not look in step. */
static int64_t about(int64_t milliseconds)
{
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = 0;
	return milliseconds - milliseconds / 8 +
	       (int64_t)(chance % (uint64_t)(milliseconds / 4 + 1));
}

static int64_t longest_pause(const struct service *service)
{
	return service->every ? service->every : LONGEST;
}

static int64_t pause_after_failure(const struct place *place)
{
	unsigned doubled = place->failures > MOST_DOUBLED ? MOST_DOUBLED : place->failures;
	int64_t pause = (int64_t)SOON << doubled;
	int64_t longest = longest_pause(place->service);

	return about(pause < longest ? pause : longest);
}

/* A flood of sessions is not a flood of looks. */
static void look_soon(struct place *place)
{
	int64_t since = loop_clock() - place->looked;

	if (!place->leg.place && place->timer)
		timer_set(place->timer, since < SOON ? SOON - since : 0);
}

/* ---- up and down ---- */

static void log_change(const struct place *place, enum log_level level, const char *event,
                       enum stls_fault fault, const char *detail)
{
	const struct service *service = place->service;
	struct log_line line;
	char where[ADDRESS_TEXT];

	log_begin(&line, service->log, level, event);
	log_text(&line, "front", service->front);
	log_text(&line, "route", service->route);
	log_text(&line, "backend",
	         address_format(where, (const struct sockaddr *)&place->at.socket.storage,
	                        place->at.socket.length));
	if (fault) {
		log_text(&line, "fault", stls_fault_name(fault));
		log_text(&line, "detail", detail && *detail ? detail : stls_fault_sentence(fault));
	}
	log_end(&line);
}

static void up(struct place *place)
{
	place->standing = PLACE_UP;
	if (place->told)
		log_change(place, LOG_LEVEL_INFO, "backend-up", STLS_FAULT_NONE, NULL);
	place->told = false;
}

static void down(struct place *place, enum stls_fault fault, const char *detail)
{
	place->standing = PLACE_DOWN;
	place->stale = true;
	if (!place->told)
		log_change(place, LOG_LEVEL_WARNING, "backend-down", fault, detail);
	place->told = true;
}

/* ---- looking ---- */

static bool is_looked_at(const struct place *place)
{
	return place->service->every > 0;
}

static void look_over(struct place *place, int64_t again)
{
	leg_close(&place->leg);
	place->tried = true;
	place->looked = loop_clock();
	if (again)
		timer_set(place->timer, again);
	place->service->news(place->service->owner);
}

/* Whoever only came to look says so, and does not wait for the answer. */
static void take_leave(struct leg *leg)
{
	const char *word = wire_goodbye(leg->backend->protocol);

	if (side_write(&leg->side, word, strlen(word)) > 0)
		side_finish(&leg->side);
}

static void keep_offers(struct place *place)
{
	const stls_dialogue *dialogue = place->leg.talk.dialogue;
	struct offers *heard = place->service->listed ? offers_heard(dialogue) : NULL;

	if (!heard)
		return;
	offers_drop(place->offers);
	place->offers = heard;
	place->stale = false;
}

static void is_there(struct place *place)
{
	place->failures = 0;
	up(place);
	look_over(place, place->service->every ? about(place->service->every) : 0);
}

/* What was known stays known: a service that is away comes back as it was. */
static void is_away(struct place *place)
{
	if (is_looked_at(place) && stls_fault_whose(place->leg.fault) != STLS_US)
		down(place, place->leg.fault, place->leg.detail);
	place->failures++;
	look_over(place, pause_after_failure(place));
}

static bool is_xmpp(const struct place *place)
{
	enum stls_protocol protocol = place->service->backend.protocol;

	return protocol == STLS_XMPP_CLIENT || protocol == STLS_XMPP_SERVER;
}

/* In XMPP a stream has to be for a domain, and which ones the service has is not
 * for a look to know: a stream error is an answer, too (RFC 6120 section 4.9). */
static bool has_answered(const struct place *place)
{
	return is_xmpp(place) && place->leg.fault == STLS_FAULT_BYE;
}

static void on_leg(void *owner)
{
	struct place *place = owner;

	switch (leg_run(&place->leg)) {
	case LEG_WAITS: return;
	case LEG_READY:
		keep_offers(place);
		take_leave(&place->leg);
		is_there(place);
		return;
	case LEG_FAILED: break;
	}
	if (has_answered(place))
		is_there(place);
	else
		is_away(place);
}

/* The service is to take us for ourselves. */
static size_t write_header(const struct service *service, uint8_t *out, size_t room)
{
	const struct proxy_facts nobody = {.local = 1};

	if (service->proxy == 1)
		return proxy_write_v1((char *)out, room, &nobody);
	return service->proxy == 2 ? proxy_write_v2(out, room, &nobody, 0) : 0;
}

static void look(struct place *place)
{
	struct service *service = place->service;
	uint8_t header[64];
	const struct leg_order order = {
	    .goal = STLS_LIST,
	    .domain = service->domain,
	    .header = header,
	    .length = write_header(service, header, sizeof(header)),
	    .patience = service->patience,
	};

	leg_open(&place->leg, service->loop, &service->backend, &place->at, &order, on_leg, place);
	on_leg(place);
}

static bool is_to_be_asked(const struct place *place)
{
	return place->service->listed && (!place->offers || place->stale);
}

/* Where only sessions tell, being down lapses, so that one tries again. */
static void on_timer(void *owner)
{
	struct place *place = owner;

	if (!is_looked_at(place))
		place->standing = PLACE_UP;
	if (is_looked_at(place) || is_to_be_asked(place))
		look(place);
}

int place_open(struct place *place)
{
	place->timer = timer_open(place->service->loop, on_timer, place);
	if (!place->timer)
		return -1;
	place->looked = loop_clock() - SOON;
	if (is_looked_at(place))
		place->standing = PLACE_DOUBTED;
	if (is_looked_at(place) || is_to_be_asked(place))
		timer_set(place->timer, 0);
	return 0;
}

void place_close(struct place *place)
{
	leg_close(&place->leg);
	timer_close(place->timer);
	place->timer = NULL;
	offers_drop(place->offers);
	place->offers = NULL;
}

/* ---- what sessions tell ---- */

/* Getting through is not much where the protocol has no greeting: a look says more. */
void place_worked(struct place *place)
{
	if (place->standing == PLACE_UP && !place->told)
		return;
	if (is_looked_at(place)) {
		look_soon(place);
		return;
	}
	place->failures = 0;
	up(place);
	if (is_to_be_asked(place))
		look_soon(place);
	place->service->news(place->service->owner);
}

/* Nobody there is nobody there.  But what a service answers, and how long it takes,
 * may have its reason in who the client is and what it calls itself, and no client
 * is to talk a service down for others: such a place is looked at. */
static void doubt(struct place *place, enum stls_fault fault, const char *detail)
{
	if (fault == STLS_FAULT_CONNECT)
		down(place, fault, detail);
	else if (place->standing == PLACE_UP)
		place->standing = PLACE_DOUBTED;
	look_soon(place);
}

void place_failed(struct place *place, enum stls_fault fault, const char *detail)
{
	if (stls_fault_whose(fault) == STLS_US)
		return;
	if (is_looked_at(place)) {
		doubt(place, fault, detail);
	} else {
		down(place, fault, detail);
		place->failures++;
		timer_set(place->timer, pause_after_failure(place));
	}
	place->service->news(place->service->owner);
}

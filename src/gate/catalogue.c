/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/catalogue.h"
#include "wire/proxy.h"

#define REFRESH 300000 /* ms between two questions */
#define TRY_AGAIN 5000 /* ms after a failure */

struct offers *offers_hold(struct offers *offers)
{
	if (offers)
		offers->holders++;
	return offers;
}

void offers_drop(struct offers *offers)
{
	if (offers && !--offers->holders)
		free(offers);
}

/* One block: the pointers, then the strings. */
static struct offers *offers_copy(const char *const *list)
{
	size_t count = 0, bytes = 0;
	struct offers *offers;
	char *text;

	for (; list[count]; count++)
		bytes += strlen(list[count]) + 1;
	offers = malloc(sizeof(*offers) + (count + 1) * sizeof(char *) + bytes);
	if (!offers)
		return NULL;
	offers->holders = 1;
	offers->count = count;
	text = (char *)&offers->list[count + 1];
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]) + 1;

		offers->list[i] = memcpy(text, list[i], length);
		text += length;
	}
	offers->list[count] = NULL;
	return offers;
}

static struct offers *offers_heard(const stls_dialogue *dialogue)
{
	const char *list[256];
	size_t count = 0;

	while (count < 255 && stls_capability(dialogue, count)) {
		list[count] = stls_capability(dialogue, count);
		count++;
	}
	list[count] = NULL;
	return offers_copy(list);
}

static void settle(struct catalogue *catalogue, int64_t again)
{
	leg_close(&catalogue->leg);
	catalogue->asking = false;
	catalogue->settled = true;
	timer_set(catalogue->timer, again);
	catalogue->known(catalogue->owner);
}

static void learned(struct catalogue *catalogue)
{
	struct offers *heard = offers_heard(catalogue->leg.talk.dialogue);

	if (heard) {
		offers_drop(catalogue->offers);
		catalogue->offers = heard;
	}
	if (catalogue->doubtful)
		log_say(catalogue->log, LOG_LEVEL_INFO, "backend-up",
		        "%s: the service behind it is there", catalogue->front);
	catalogue->doubtful = false;
	settle(catalogue, REFRESH);
}

/* What was known stays known: a service that is away comes back as it was. */
static void not_learned(struct catalogue *catalogue, enum stls_fault fault, const char *detail)
{
	struct log_line line;

	if (!catalogue->doubtful) {
		log_begin(&line, catalogue->log, LOG_LEVEL_WARNING, "backend-down");
		log_text(&line, "front", catalogue->front);
		log_text(&line, "fault", stls_fault_name(fault));
		log_text(&line, "message", detail && *detail ? detail : stls_fault_sentence(fault));
		log_end(&line);
	}
	catalogue->doubtful = true;
	settle(catalogue, TRY_AGAIN);
}

static void on_leg(void *owner)
{
	struct catalogue *catalogue = owner;

	switch (leg_run(&catalogue->leg)) {
	case LEG_WAITS: break;
	case LEG_READY: learned(catalogue); break;
	case LEG_FAILED: not_learned(catalogue, catalogue->leg.fault, catalogue->leg.detail); break;
	}
}

/* A health check of a proxy's own: the service is to take us for ourselves. */
static size_t write_header(const struct catalogue *catalogue, uint8_t *out, size_t room)
{
	const struct proxy_facts nobody = {.local = 1};

	if (catalogue->proxy == 1)
		return proxy_write_v1((char *)out, room, &nobody);
	return catalogue->proxy == 2 ? proxy_write_v2(out, room, &nobody, 0) : 0;
}

static void ask(struct catalogue *catalogue)
{
	uint8_t header[64];
	const struct leg_order order = {
	    .goal = STLS_LIST,
	    .header = header,
	    .length = write_header(catalogue, header, sizeof(header)),
	};

	catalogue->asking = true;
	timer_set(catalogue->timer, catalogue->patience);
	leg_open(&catalogue->leg, catalogue->loop, catalogue->backend, &order, on_leg, catalogue);
	on_leg(catalogue);
}

static void on_timer(void *owner)
{
	struct catalogue *catalogue = owner;

	if (catalogue->asking)
		not_learned(catalogue, STLS_FAULT_TIMEOUT, NULL);
	else
		ask(catalogue);
}

/* XMPP lists features per stream, and before TLS none but STARTTLS
 * (RFC 6120 section 5.4.1): nothing is to be known. */
static bool has_list(enum stls_protocol protocol)
{
	return protocol != STLS_XMPP_CLIENT && protocol != STLS_XMPP_SERVER;
}

int catalogue_open(struct catalogue *catalogue, const char *const *list)
{
	catalogue->timer = timer_open(catalogue->loop, on_timer, catalogue);
	if (!catalogue->timer)
		return -1;
	if (list)
		catalogue->offers = offers_copy(list);
	if (list && !catalogue->offers)
		return -1;
	catalogue->fixed = catalogue->settled = list || !has_list(catalogue->backend->protocol);
	if (!catalogue->fixed)
		timer_set(catalogue->timer, 0);
	return 0;
}

void catalogue_close(struct catalogue *catalogue)
{
	leg_close(&catalogue->leg);
	timer_close(catalogue->timer);
	catalogue->timer = NULL;
	offers_drop(catalogue->offers);
	catalogue->offers = NULL;
}

void catalogue_service_failed(struct catalogue *catalogue)
{
	catalogue->doubtful = true;
}

void catalogue_service_works(struct catalogue *catalogue)
{
	if (!catalogue->doubtful || catalogue->asking || catalogue->fixed)
		return;
	timer_set(catalogue->timer, 0);
}

/* SPDX-License-Identifier: ISC */
#include "gate/catalogue.h"

/* ms: as long as clients are kept waiting for the slowest when some have answered */
#define LATE 1000

bool catalogue_lists(enum stls_protocol protocol)
{
	return protocol != STLS_XMPP_CLIENT && protocol != STLS_XMPP_SERVER;
}

/* Whether the place counts; when all are away, what they did offer does, as clients
 * will hear of their being away soon enough. */
static bool counts(const struct place *place, bool any_up)
{
	return place->offers && (place->standing == PLACE_UP || !any_up);
}

static bool has_any_up(const struct service *service)
{
	for (size_t i = 0; i < service->count; i++)
		if (counts(&service->places[i], true))
			return true;
	return false;
}

/* Takes so_far over. */
static struct offers *and_those_of(struct offers *so_far, struct offers *offers)
{
	struct offers *both = so_far ? offers_common(so_far, offers) : offers_hold(offers);

	offers_drop(so_far);
	return both;
}

static struct offers *and_service(struct offers *so_far, const struct service *service)
{
	bool any_up = has_any_up(service);

	for (size_t i = 0; i < service->count; i++)
		if (counts(&service->places[i], any_up))
			so_far = and_those_of(so_far, service->places[i].offers);
	return so_far;
}

static struct offers *common(const struct catalogue *catalogue)
{
	struct offers *offers = NULL;

	for (size_t i = 0; i < catalogue->count; i++)
		offers = and_service(offers, &catalogue->services[i]);
	return offers;
}

static bool is_settled(const struct catalogue *catalogue)
{
	if (catalogue->late && catalogue->offers)
		return true;
	for (size_t i = 0; i < catalogue->count; i++)
		if (!service_settled(&catalogue->services[i]))
			return false;
	return true;
}

void catalogue_renew(struct catalogue *catalogue)
{
	struct offers *offers;

	if (catalogue->fixed)
		return;
	offers = common(catalogue);
	if (offers) {
		offers_drop(catalogue->offers);
		catalogue->offers = offers;
	}
	if (catalogue->settled || !is_settled(catalogue))
		return;
	catalogue->settled = true;
	catalogue->known(catalogue->owner);
}

static void on_late(void *owner)
{
	struct catalogue *catalogue = owner;

	catalogue->late = true;
	catalogue_renew(catalogue);
}

static int fix(struct catalogue *catalogue, const char *const *list)
{
	catalogue->fixed = catalogue->settled = true;
	if (list)
		catalogue->offers = offers_copy(list);
	return list && !catalogue->offers ? -1 : 0;
}

int catalogue_open(struct catalogue *catalogue, const char *const *list)
{
	if (list || !catalogue->count || !catalogue_lists(catalogue->services[0].backend.protocol))
		return fix(catalogue, list);
	catalogue->timer = timer_open(catalogue->loop, on_late, catalogue);
	if (!catalogue->timer)
		return -1;
	timer_set(catalogue->timer, LATE);
	return 0;
}

void catalogue_close(struct catalogue *catalogue)
{
	timer_close(catalogue->timer);
	catalogue->timer = NULL;
	offers_drop(catalogue->offers);
	catalogue->offers = NULL;
}

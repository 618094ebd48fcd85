/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sys/random.h>

#include "gate/service.h"

static int add_place(struct service *service, const struct address_socket *socket, const char *name)
{
	struct place *places =
	    realloc(service->places, (service->count + 1) * sizeof(*service->places));

	if (!places)
		return -1;
	service->places = places;
	places[service->count++] = (struct place){
	    .at = {.socket = *socket, .name = name}, .service = service, .leg.side = SIDE_NONE};
	return 0;
}

static int add_places(struct service *service, const struct config_address *from, const char *name,
                      const struct hosts *hosts, struct reason *error)
{
	struct address_socket sockets[HOST_SOCKETS];
	const char *reason = "";
	size_t count = hosts_find(hosts, &from->address, sockets, &reason);

	if (!count)
		return reason_say(error, from->line, "backend: \"%s\": %s", from->text, reason);
	if (service->count + count > SERVICE_PLACES)
		return reason_say(error, from->line,
		                  "backend: \"%s\": more than %d addresses in all", from->text,
		                  SERVICE_PLACES);
	for (size_t i = 0; i < count; i++)
		if (add_place(service, &sockets[i], name ? name : from->address.host) < 0)
			return reason_say(error, from->line, "backend: there is no memory left");
	return 0;
}

int service_resolve(struct service *service, const struct config_addresses *addresses,
                    const char *name, const struct hosts *hosts, struct reason *error)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (add_places(service, &addresses->list[i], name, hosts, error) < 0)
			return -1;
	return 0;
}

/* Several workers do not begin with the same place. */
static size_t first_turn(size_t count)
{
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = 0;
	return count ? chance % count : 0;
}

int service_open(struct service *service)
{
	service->turn = first_turn(service->count);
	for (size_t i = 0; i < service->count; i++)
		if (place_open(&service->places[i]) < 0)
			return -1;
	return 0;
}

void service_rest(struct service *service)
{
	service->every = 0;
}

void service_close(struct service *service)
{
	for (size_t i = 0; i < service->count; i++)
		place_close(&service->places[i]);
	free(service->places);
	service->places = NULL;
	service->count = 0;
}

uint64_t service_bit(const struct service *service, const struct place *place)
{
	return UINT64_C(1) << (place - service->places);
}

static bool is_better(const struct place *place, const struct place *than)
{
	if (place->standing != than->standing)
		return place->standing < than->standing;
	return place->at.legs < than->at.legs;
}

struct place *service_choose(struct service *service, uint64_t tried)
{
	struct place *best = NULL;

	for (size_t i = 0; i < service->count; i++) {
		struct place *place = &service->places[(service->turn + i) % service->count];

		if (!(tried & service_bit(service, place)) && (!best || is_better(place, best)))
			best = place;
	}
	if (best)
		service->turn = (size_t)(best - service->places) + 1;
	return best;
}

bool service_has_more(const struct service *service, uint64_t tried)
{
	for (size_t i = 0; i < service->count; i++)
		if (service->places[i].standing != PLACE_DOWN &&
		    !(tried & service_bit(service, &service->places[i])))
			return true;
	return false;
}

bool service_settled(const struct service *service)
{
	bool all = true;

	if (!service->listed)
		return true;
	for (size_t i = 0; i < service->count; i++) {
		if (service->places[i].offers)
			return true;
		all = all && service->places[i].tried;
	}
	return all;
}

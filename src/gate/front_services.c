/* SPDX-License-Identifier: ISC */
/* The services behind a front: its own backend, if it has one, and one a route. */
#include <stdlib.h>

#include "gate/session.h"

#define LOOK 10000 /* ms for a service to tell what it can do, at most */

static int no_memory(const struct front *front, struct reason *error)
{
	*error = (struct reason){front->config->line, "there is no memory left"};
	return -1;
}

static enum backend_tls backend_tls_of(const struct config_front *config)
{
	switch (config->backend_tls) {
	case CONFIG_BACKEND_STARTTLS: return BACKEND_STARTTLS;
	case CONFIG_BACKEND_IMPLICIT: return BACKEND_IMPLICIT;
	default: return BACKEND_BARE;
	}
}

static int proxy_version(const struct config_front *config)
{
	switch (config->tell) {
	case CONFIG_TELL_PROXY_V1: return 1;
	case CONFIG_TELL_PROXY_V2: return 2;
	default: return 0;
	}
}

static int64_t least(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

static void on_news(void *front)
{
	front_count_places(front);
	catalogue_renew(&((struct front *)front)->catalogue);
}

static void describe(struct front *front, struct service *service)
{
	const struct config_front *config = front->config;

	*service = (struct service){
	    .backend = {.protocol = config->protocol,
	                .hostname = config->hostname,
	                .tls = backend_tls_of(config),
	                .verify = config->backend_verify,
	                .context = front->backend_tls},
	    .front = config->name,
	    .proxy = proxy_version(config),
	    .every = (int64_t)config->backend_check * 1000,
	    .patience = least((int64_t)config->backend_deadline * 1000, LOOK),
	    .listed = !config->capabilities && catalogue_lists(config->protocol),
	    .news = on_news,
	    .owner = front,
	};
}

static struct service *add_service(struct front *front)
{
	struct service *service = &front->services[front->service_count++];

	describe(front, service);
	return service;
}

static int add_home(struct front *front, const struct hosts *hosts, struct reason *error)
{
	const struct config_front *config = front->config;

	if (!config->backend.count)
		return 0;
	front->routes.home = add_service(front);
	return service_resolve(front->routes.home, &config->backend, config->backend_name, hosts,
	                       error);
}

static int add_route(struct front *front, const struct config_route *config,
                     const struct hosts *hosts, struct reason *error)
{
	struct route *route = &front->routes.list[front->routes.count++];
	const char *name =
	    config->backend_name ? config->backend_name : front->config->backend_name;

	route->service = add_service(front);
	route->service->route = config->name;
	if (config->name[0] != '*')
		route->service->domain = config->name;
	if (!route_name(route, config->name)) {
		*error = (struct reason){config->line, "route: the name is too long"};
		return -1;
	}
	return service_resolve(route->service, &config->backend, name, hosts, error);
}

int front_prepare_services(struct front *front, const struct hosts *hosts, struct reason *error)
{
	const struct config_front *config = front->config;

	front->services = calloc(config->route_count + 1, sizeof(*front->services));
	front->routes.list = calloc(config->route_count + 1, sizeof(*front->routes.list));
	if (!front->services || !front->routes.list)
		return no_memory(front, error);
	if (add_home(front, hosts, error) < 0)
		return -1;
	for (size_t i = 0; i < config->route_count; i++)
		if (add_route(front, &config->routes[i], hosts, error) < 0)
			return -1;
	routes_sort(&front->routes);
	return 0;
}

/* Those who had to wait for the catalogue go on, each in its own time. */
static void on_catalogue(void *owner)
{
	struct front *front = owner;

	for (struct session *session = front->sessions; session; session = session->next)
		if (session->stage == STAGE_LEARN)
			timer_set(session->again, 0);
}

static int open_catalogue(struct front *front)
{
	front->catalogue = (struct catalogue){
	    .loop = front->loop,
	    .services = front->services,
	    .count = front->service_count,
	    .known = on_catalogue,
	    .owner = front,
	};
	return catalogue_open(&front->catalogue, (const char *const *)front->config->capabilities);
}

int front_open_services(struct front *front, struct reason *error)
{
	if (open_catalogue(front) < 0)
		return no_memory(front, error);
	for (size_t i = 0; i < front->service_count; i++) {
		front->services[i].loop = front->loop;
		front->services[i].log = front->log;
		if (service_open(&front->services[i]) < 0)
			return no_memory(front, error);
	}
	front_count_places(front);
	return 0;
}

void front_rest_services(struct front *front)
{
	for (size_t i = 0; i < front->service_count; i++)
		service_rest(&front->services[i]);
}

void front_close_services(struct front *front)
{
	catalogue_close(&front->catalogue);
	for (size_t i = 0; i < front->service_count; i++)
		service_close(&front->services[i]);
	front->service_count = 0;
	free(front->services);
	free(front->routes.list);
	front->services = NULL;
	front->routes.list = NULL;
}

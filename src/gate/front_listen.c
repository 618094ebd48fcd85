/* SPDX-License-Identifier: ISC */
/* Where a front listens, and when it stops to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/front.h"
#include "gate/session.h"

struct socket_set *front_take_sockets(struct sockets *sockets, const struct config_address *address,
                                      size_t count, struct reason *error)
{
	struct address_socket socket;
	struct socket_set *set = NULL;

	if (address_socket(&address->address, &socket) < 0) {
		reason_say(error, address->line, "listen: \"%s\" is no address of this machine",
		           address->text);
		return NULL;
	}
	set = sockets_take(sockets, (const struct sockaddr *)&socket.storage, socket.length, count);
	if (!set)
		reason_say(error, address->line, "listen: \"%s\": %s", address->text,
		           strerror(errno));
	return set;
}

int front_bind(struct front *front, struct sockets *sockets, size_t count, struct reason *error)
{
	const struct config_addresses *listen = &front->config->listen;

	front->sets = calloc(listen->count, sizeof(struct socket_set *));
	if (!front->sets)
		return reason_say(error, front->config->line, "there is no memory left");
	for (size_t i = 0; i < listen->count; i++) {
		front->sets[i] = front_take_sockets(sockets, &listen->list[i], count, error);
		if (!front->sets[i])
			return -1;
		front->set_count++;
	}
	return 0;
}

void front_unbind(struct front *front, struct sockets *sockets)
{
	while (front->set_count)
		sockets_drop(sockets, front->sets[--front->set_count]);
}

static void on_trouble(void *owner, int reason)
{
	limits_complain(((struct front *)owner)->limits, reason);
}

static bool on_exhaustion(void *owner)
{
	return limits_make_room(((struct front *)owner)->limits, NULL);
}

/* Each socket is somebody's, and everybody has one. */
static bool is_mine(const struct socket_set *set, size_t socket, const struct front_host *host)
{
	return socket % host->count == host->index || socket == host->index % set->count;
}

static struct listener *hear(struct front *front, int fd)
{
	const struct listener_acts acts = {front_accept, on_trouble, front, on_exhaustion};

	return fd < 0 ? NULL : listener_open(front->loop, fd, &acts);
}

static int listen_on(struct front *front, const struct socket_set *set,
                     const struct front_host *host)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!is_mine(set, i, host))
			continue;
		front->listeners[front->listener_count] = hear(front, sockets_own(set, i));
		if (!front->listeners[front->listener_count])
			return -1;
		front->listener_count++;
	}
	return 0;
}

int front_listen(struct front *front, const struct front_host *host, struct reason *error)
{
	size_t most = 0;

	for (size_t i = 0; i < front->set_count; i++)
		most += front->sets[i]->count;
	front->listeners = calloc(most + 1, sizeof(struct listener *));
	if (!front->listeners)
		return reason_say(error, front->config->line, "there is no memory left");
	for (size_t i = 0; i < front->set_count; i++)
		if (listen_on(front, front->sets[i], host) < 0)
			return reason_say(error, front->config->line, "listen: %s",
			                  strerror(errno));
	return 0;
}

void front_deafen(struct front *front)
{
	while (front->listener_count)
		listener_close(front->listeners[--front->listener_count]);
	free(front->listeners);
	front->listeners = NULL;
}

void front_retire(struct front *front)
{
	while (front->listener_count)
		listener_retire(front->listeners[--front->listener_count]);
	front_rest_services(front);
	front->retired = true;
}

void front_drain(struct front *front)
{
	struct session *next;

	front_deafen(front);
	front_rest_services(front);
	front->retired = true;
	for (struct session *session = front->sessions; session; session = next) {
		next = session->next;
		session_dismiss(session);
	}
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/front.h"
#include "gate/session.h"

#define PLACES 16    /* sockets that the backends of a front may have in all */
#define ASKING 10000 /* ms for the backend to tell what it can do */

__attribute__((format(printf, 3, 4))) static int wrong(struct front_error *error, unsigned line,
                                                       const char *format, ...)
{
	va_list list;

	error->line = line;
	va_start(list, format);
	vsnprintf(error->text, sizeof(error->text), format, list);
	va_end(list);
	return -1;
}

static const struct config_certificates *certificates_of(const struct config *config,
                                                         const struct config_front *front)
{
	return front->certificates.count ? &front->certificates : &config->certificates;
}

/* Where mail from anywhere comes in. */
static bool is_public(const struct config_front *front)
{
	for (size_t i = 0; i < front->listen.count; i++)
		if (front->listen.list[i].address.port == 25)
			return true;
	return front->tls == CONFIG_TLS_OFFERED;
}

/* RFC 7672 section 8.1 and RFC 8461 section 7.1 want the fallback on port 25; RFC
 * 9325 section 3.7 wants the alert elsewhere, and there it helps where there is
 * more than one name to confuse. */
static int strictness(const struct config_front *front)
{
	switch (front->strict_sni) {
	case CONFIG_SNI_STRICT: return 1;
	case CONFIG_SNI_LENIENT: return 0;
	case CONFIG_SNI_AUTO: break;
	}
	return is_public(front) ? 0 : -1;
}

static int prepare_server(struct front *front, const struct config *config,
                          struct front_error *error)
{
	const struct config_certificates *certificates = certificates_of(config, front->config);
	struct stls_tls_error reason;
	const struct stls_tls_settings settings = {
	    .size = sizeof(settings),
	    .role = STLS_SERVER,
	    .strict_sni = strictness(front->config),
	    .ask_client = front->config->ask_client,
	};

	front->tls = stls_tls_context_new(&settings, &reason);
	if (!front->tls)
		return wrong(error, front->config->line, "%s", reason.text);
	for (size_t i = 0; i < certificates->count; i++) {
		const struct config_certificate *one = &certificates->list[i];

		if (stls_tls_context_add(front->tls, one->chain, one->key, &reason) < 0)
			return wrong(error, one->line, "certificate: %s", reason.text);
	}
	return 0;
}

static int prepare_client(struct front *front, struct front_error *error)
{
	struct stls_tls_error reason;
	const struct stls_tls_settings settings = {
	    .size = sizeof(settings),
	    .role = STLS_CLIENT,
	    .ca_file = front->config->backend_ca,
	};

	if (front->config->backend_tls == CONFIG_BACKEND_PLAIN)
		return 0;
	front->backend.context = stls_tls_context_new(&settings, &reason);
	if (!front->backend.context)
		return wrong(error, front->config->line, "backend-ca: %s", reason.text);
	return 0;
}

static int add_places(struct backend *backend, const struct config_front *config,
                      const struct config_address *from, struct front_error *error)
{
	struct address_socket sockets[PLACES];
	const char *reason = "";
	size_t count = address_resolve(&from->address, sockets, PLACES - backend->count, &reason);

	if (!count)
		return wrong(error, from->line, "backend: \"%s\": %s", from->text, reason);
	for (size_t i = 0; i < count; i++) {
		struct backend_place *place = &backend->places[backend->count++];

		place->socket = sockets[i];
		place->name = config->backend_name ? config->backend_name : from->address.host;
	}
	return 0;
}

static enum backend_tls backend_tls_of(const struct config_front *config)
{
	switch (config->backend_tls) {
	case CONFIG_BACKEND_STARTTLS: return BACKEND_STARTTLS;
	case CONFIG_BACKEND_IMPLICIT: return BACKEND_IMPLICIT;
	default: return BACKEND_BARE;
	}
}

static int prepare_backend(struct front *front, struct front_error *error)
{
	const struct config_front *config = front->config;
	struct backend *backend = &front->backend;

	backend->protocol = config->protocol;
	backend->hostname = config->hostname;
	backend->tls = backend_tls_of(config);
	backend->verify = config->backend_verify;
	backend->places = calloc(PLACES, sizeof(*backend->places));
	if (!backend->places)
		return wrong(error, config->line, "there is no memory left");
	for (size_t i = 0; i < config->backend.count && backend->count < PLACES; i++)
		if (add_places(backend, config, &config->backend.list[i], error) < 0)
			return -1;
	return 0;
}

int front_prepare(struct front *front, const struct config *config, const struct config_front *mine,
                  struct front_error *error)
{
	*front = (struct front){.config = mine};
	if (prepare_server(front, config, error) < 0 || prepare_client(front, error) < 0)
		return -1;
	return prepare_backend(front, error);
}

static int bind_one(struct front *front, const struct config_address *address,
                    struct front_error *error)
{
	struct address_socket socket;
	int fd;

	if (address_socket(&address->address, &socket) < 0)
		return wrong(error, address->line, "listen: \"%s\" is no address of this machine",
		             address->text);
	fd = listen_socket((const struct sockaddr *)&socket.storage, socket.length);
	if (fd < 0)
		return wrong(error, address->line, "listen: \"%s\": %s", address->text,
		             strerror(errno));
	front->sockets[front->socket_count++] = fd;
	return 0;
}

int front_bind(struct front *front, struct front_error *error)
{
	const struct config_addresses *listen = &front->config->listen;

	front->sockets = calloc(listen->count, sizeof(*front->sockets));
	front->listeners = calloc(listen->count, sizeof(struct listener *));
	if (!front->sockets || !front->listeners)
		return wrong(error, front->config->line, "there is no memory left");
	for (size_t i = 0; i < listen->count; i++)
		if (bind_one(front, &listen->list[i], error) < 0)
			return -1;
	return 0;
}

static void on_trouble(void *owner, int reason)
{
	struct front *front = owner;

	log_say(front->log, LOG_LEVEL_ERROR, "accept", "%s: new connections have to wait: %s",
	        front->config->name, strerror(reason));
}

/* Those who had to wait for the catalogue go on. */
static void on_catalogue(void *owner)
{
	struct front *front = owner;
	struct session *next;

	for (struct session *session = front->sessions; session; session = next) {
		next = session->next;
		if (session->stage == STAGE_LEARN)
			session_wake(session);
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

static int start_catalogue(struct front *front)
{
	front->catalogue = (struct catalogue){
	    .front = front->config->name,
	    .loop = front->loop,
	    .log = front->log,
	    .backend = &front->backend,
	    .proxy = proxy_version(front->config),
	    .patience = ASKING,
	    .known = on_catalogue,
	    .owner = front,
	};
	return catalogue_open(&front->catalogue, (const char *const *)front->config->capabilities);
}

int front_start(struct front *front, struct loop *loop, struct log *log, struct front_error *error)
{
	const struct listener_acts acts = {front_accept, on_trouble, front};

	front->loop = loop;
	front->log = log;
	if (tickets_open(&front->tickets, loop, front->tls) < 0 || start_catalogue(front) < 0)
		return wrong(error, front->config->line, "there is no memory left");
	for (size_t i = 0; i < front->socket_count; i++) {
		front->listeners[i] = listener_open(loop, front->sockets[i], &acts);
		front->sockets[i] = -1;
		if (!front->listeners[i])
			return wrong(error, front->config->line, "listen: %s", strerror(errno));
	}
	return 0;
}

static void stop_listening(struct front *front)
{
	for (size_t i = 0; i < front->socket_count; i++) {
		if (front->sockets[i] >= 0)
			close(front->sockets[i]);
		listener_close(front->listeners[i]);
	}
	free(front->sockets);
	free(front->listeners);
	front->sockets = NULL;
	front->listeners = NULL;
	front->socket_count = 0;
}

void front_drain(struct front *front, void (*empty)(void *owner), void *owner)
{
	struct session *next;

	stop_listening(front);
	front->empty = empty;
	front->owner = owner;
	front->draining = true;
	for (struct session *session = front->sessions; session; session = next) {
		next = session->next;
		session_dismiss(session);
	}
}

void front_close(struct front *front)
{
	stop_listening(front);
	while (front->sessions) {
		session_cut(front->sessions, PARTY_US, STLS_FAULT_SHUTDOWN);
		front_part(front->sessions);
		session_free(front->sessions);
	}
	if (front->loop)
		catalogue_close(&front->catalogue);
	tickets_close(&front->tickets);
	stls_tls_context_free(front->backend.context);
	stls_tls_context_free(front->tls);
	free(front->backend.places);
}

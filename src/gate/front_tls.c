/* SPDX-License-Identifier: ISC */
/* A front's TLS: its certificates towards clients, and its trust towards services. */

#include "gate/front.h"
#include "tls/direct.h"

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
 * more than one name to confuse.  Where a name that is not known leads nowhere, it
 * may be told at once. */
static int strictness(const struct config_front *front)
{
	switch (front->strict_sni) {
	case CONFIG_SNI_STRICT: return 1;
	case CONFIG_SNI_LENIENT: return 0;
	case CONFIG_SNI_AUTO: break;
	}
	if (is_public(front))
		return 0;
	return front->route_count && !front->backend.count ? 1 : -1;
}

static int add_certificates(struct front *front, const struct config_certificates *certificates,
                            struct reason *error)
{
	struct stls_tls_error reason;

	for (size_t i = 0; i < certificates->count; i++) {
		const struct config_certificate *one = &certificates->list[i];

		if (stls_tls_context_add(front->tls, one->chain, one->key, &reason) < 0)
			return reason_say(error, one->line, "certificate: %s", reason.text);
	}
	return 0;
}

/* A client of a route must get that name's certificate, and no other's. */
static int add_routes(struct front *front, struct reason *error)
{
	const struct config_front *config = front->config;

	for (size_t i = 0; i < config->route_count; i++)
		if (add_certificates(front, &config->routes[i].certificates, error) < 0)
			return -1;
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (!stls_tls_context_covers(front->tls, route->name))
			return reason_say(error, route->line,
			                  "route \"%s\": no certificate is for this name",
			                  route->name);
	}
	return 0;
}

static int prepare_server(struct front *front, const struct config *config, struct reason *error)
{
	struct stls_tls_error reason;
	const struct stls_tls_settings settings = {
	    .size = sizeof(settings),
	    .role = STLS_SERVER,
	    .strict_sni = strictness(front->config),
	    .ask_client = front->config->ask_client,
	};

	front->tls = stls_tls_context_new(&settings, &reason);
	if (!front->tls)
		return reason_say(error, front->config->line, "%s", reason.text);
	if (add_certificates(front, certificates_of(config, front->config), error) < 0)
		return -1;
	return add_routes(front, error);
}

static int prepare_client(struct front *front, struct reason *error)
{
	struct stls_tls_error reason;
	const struct stls_tls_settings settings = {
	    .size = sizeof(settings),
	    .role = STLS_CLIENT,
	    .ca_file = front->config->backend_ca,
	};

	if (front->config->backend_tls == CONFIG_BACKEND_PLAIN)
		return 0;
	front->backend_tls = stls_tls_context_new(&settings, &reason);
	if (!front->backend_tls)
		return reason_say(error, front->config->line, "backend-ca: %s", reason.text);
	return 0;
}

int front_prepare_tls(struct front *front, const struct config *config, struct reason *error)
{
	if (prepare_server(front, config, error) < 0)
		return -1;
	return prepare_client(front, error);
}

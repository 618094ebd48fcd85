/* SPDX-License-Identifier: ISC */
/*
 * Configurations: whatever a file has in it, it is either refused with complaints
 * that can be printed, or yields values that keep the promises of config.h.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gate/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void check_printable(const char *text)
{
	require(text != NULL);
	for (; *text; text++)
		require((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_complaints(const struct config_error *error)
{
	size_t kept = error->count < CONFIG_ERRORS ? error->count : CONFIG_ERRORS;
	require(kept > 0);
	for (size_t i = 0; i < kept; i++) {
		check_printable(error->list[i].text);
		require(strncmp(error->list[i].text, "f.conf:", 7) == 0);
		require(i == 0 || error->list[i].line == 0 ||
		        error->list[i].line >= error->list[i - 1].line);
	}
}

static void check_addresses(const struct config_addresses *addresses)
{
	struct address_socket socket;
	for (size_t i = 0; i < addresses->count; i++) {
		check_printable(addresses->list[i].text);
		require(addresses->list[i].line > 0);
		address_socket(&addresses->list[i].address, &socket);
	}
}

static void check_certificates(const struct config_certificates *certificates)
{
	for (size_t i = 0; i < certificates->count; i++) {
		require(certificates->list[i].line > 0);
		check_printable(certificates->list[i].chain);
		check_printable(certificates->list[i].key);
	}
}

static void check_limit(unsigned limit, unsigned least, unsigned most)
{
	require(limit == 0 || (limit >= least && limit <= most));
}

static void check_route(const struct config_front *front, size_t index)
{
	const struct config_route *route = &front->routes[index];
	check_printable(route->name);
	require(route->name[0] != '\0' && strlen(route->name) < 256 && route->line > 0);
	for (const char *at = route->name; *at; at++)
		require((unsigned char)*at < 0x80 && (*at < 'A' || *at > 'Z'));
	for (size_t i = 0; i < index; i++)
		require(strcmp(front->routes[i].name, route->name) != 0);
	require(route->backend.count > 0);
	check_addresses(&route->backend);
	check_certificates(&route->certificates);
}

static void check_networks(const struct config_front *front)
{
	for (size_t i = 0; i < front->accept_proxy_count; i++) {
		require(front->accept_proxy[i].prefix <= 128);
		for (size_t j = 0; j < i; j++)
			require(!network_equal(&front->accept_proxy[i], &front->accept_proxy[j]));
	}
}

static void check_numbers(const struct config_front *front)
{
	require(front->plaintext_deadline > 0 && front->handshake_deadline > 0);
	require(front->backend_deadline > 0);
	check_limit(front->line_limit, 255, 65536);
	check_limit(front->literal_limit, 1024, 1048576);
	check_limit(front->element_limit, 10000, 1048576);
}

static void check_front(const struct config *config, const struct config_front *front)
{
	size_t certificates = front->certificates.count + config->certificates.count;
	check_printable(front->name);
	check_printable(front->hostname);
	require(strcmp(config_protocol_name(front->protocol), "unknown") != 0);
	require(front->line > 0);
	require(front->listen.count > 0 && front->backend.count + front->route_count > 0);
	check_addresses(&front->listen);
	check_addresses(&front->backend);
	check_certificates(&front->certificates);
	for (size_t i = 0; i < front->route_count; i++) {
		check_route(front, i);
		require(certificates + front->routes[i].certificates.count > 0);
	}
	require(certificates > 0 || front->backend.count == 0);
	check_networks(front);
	check_numbers(front);
	require(front->backend_tls != CONFIG_BACKEND_PLAIN || !front->backend_verify);
	for (char **one = front->capabilities; one && *one; one++)
		check_printable(*one);
}

static void check_daemon(const struct config *config)
{
	check_printable(config->hostname);
	check_printable(config->user);
	check_printable(config->state);
	check_certificates(&config->certificates);
	check_addresses(&config->metrics);
	require(config->workers >= 1 && config->workers <= 256 && config->drain > 0);
	check_limit(config->limits.memory, 64, 1048576);
}

static void check_policy(const struct config_policy *policy)
{
	check_printable(policy->name);
	require(policy->line > 0 && policy->listen.count > 0);
	check_addresses(&policy->listen);
	require(policy->floor == STLS_LEVEL_MAY || policy->floor == STLS_LEVEL_ENCRYPT ||
	        policy->floor == STLS_LEVEL_SECURE);
	require(policy->deadline >= 1 && policy->deadline <= 90);
}

/* It can be given to a case as it is. */
static void check_override(const struct config *config, size_t index)
{
	const struct config_override *override = &config->overrides[index];
	const struct stls_override rule = {
	    .size = sizeof(rule),
	    .level = override->level,
	    .names = (const char *const *) override->names,
	    .reason = override->reason,
	    .expires = override->expires,
	};
	check_printable(override->destination);
	check_printable(override->reason);
	require(stls_override_check(&rule) == NULL);
	require(override->to.kind && override->to.kind != STLS_DESTINATION_PARENT);
	for (size_t i = 0; i < index; i++)
		require(memcmp(&config->overrides[i].to, &override->to, sizeof(override->to)) != 0);
}

static void check_outgoing(const struct config *config)
{
	for (size_t i = 0; i < config->policy_count; i++)
		check_policy(&config->policies[i]);
	for (size_t i = 0; i < config->override_count; i++)
		check_override(config, i);
	check_limit(config->ratchet.hold, 60, 2592000);
	if (config->resolver.config)
		check_printable(config->resolver.config);
	if (config->resolver.ca_file)
		check_printable(config->resolver.ca_file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	struct config_error error;
	if (config_read("f.conf", (const char *)data, size, &config, &error)) {
		check_complaints(&error);
		return 0;
	}
	require(error.count == 0 && config.front_count + config.policy_count > 0);
	check_daemon(&config);
	check_outgoing(&config);
	for (size_t i = 0; i < config.front_count; i++)
		check_front(&config, &config.fronts[i]);
	config_free(&config);
	return 0;
}

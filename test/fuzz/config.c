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
	require(addresses->count > 0);
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

static void check_front(const struct config *config, const struct config_front *front)
{
	check_printable(front->name);
	check_printable(front->hostname);
	require(strcmp(config_protocol_name(front->protocol), "unknown") != 0);
	require(front->line > 0);
	check_addresses(&front->listen);
	check_addresses(&front->backend);
	check_certificates(&front->certificates);
	require(front->certificates.count + config->certificates.count > 0);
	require(front->plaintext_deadline > 0 && front->handshake_deadline > 0);
	require(front->backend_tls != CONFIG_BACKEND_PLAIN || !front->backend_verify);
	for (char **one = front->capabilities; one && *one; one++)
		check_printable(*one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	struct config_error error;
	if (config_read("f.conf", (const char *)data, size, &config, &error)) {
		check_complaints(&error);
		return 0;
	}
	require(error.count == 0 && config.front_count > 0);
	check_printable(config.hostname);
	check_printable(config.user);
	check_printable(config.state);
	check_certificates(&config.certificates);
	for (size_t i = 0; i < config.front_count; i++)
		check_front(&config, &config.fronts[i]);
	config_free(&config);
	return 0;
}

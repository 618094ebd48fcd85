/* SPDX-License-Identifier: ISC */
#include "gate/config_check.h"

static void check_loop(const struct reading *reading, const struct config_front *front,
                       const struct config_address *backend)
{
	for (size_t i = 0; i < front->listen.count; i++)
		if (address_equal(&front->listen.list[i].address, &backend->address))
			complain(reading->complaints, backend->line,
			         "backend: \"%s\" is where this front itself listens",
			         backend->text);
}

static void check_one(const struct reading *reading, const struct config_front *front,
                      const char *name, const struct config_address *address)
{
	bool is_unix = address->address.kind == ADDRESS_UNIX;
	check_loop(reading, front, address);
	if (!is_unix && address->address.port == 0)
		complain(reading->complaints, address->line,
		         "backend: \"%s\": nobody listens on port 0", address->text);
	if (check_is_port_25(address) && front->protocol == STLS_LMTP)
		complain(reading->complaints, address->line,
		         "backend: \"%s\": LMTP is not for port 25 (RFC 2033 section 5)",
		         address->text);
	if (is_unix && front->backend_verify && !name)
		complain(reading->complaints, address->line,
		         "backend: \"%s\": a Unix socket has no name to verify the "
		         "certificate by; allowed: backend-name = ..., or backend-verify = "
		         "false",
		         address->text);
}

/* Two sessions would seem to be on two services. */
static void check_twice(const struct reading *reading, const struct config_addresses *backends,
                        size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (address_equal(&backends->list[i].address, &backends->list[index].address))
			complain(reading->complaints, backends->list[index].line,
			         "backend: \"%s\" is here a second time",
			         backends->list[index].text);
}

void check_backends(const struct reading *reading, const struct config_front *front,
                    const struct config_addresses *backends, const char *name)
{
	for (size_t i = 0; i < backends->count; i++) {
		check_one(reading, front, name, &backends->list[i]);
		check_twice(reading, backends, i);
	}
}

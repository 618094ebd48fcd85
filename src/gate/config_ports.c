/* SPDX-License-Identifier: ISC */
#include "gate/config_check.h"

bool check_is_port_25(const struct config_address *address)
{
	return address->address.kind != ADDRESS_UNIX && address->address.port == 25;
}

static void check_smtp_25(const struct reading *reading, const struct config_front *front,
                          unsigned line)
{
	if (front->tls == CONFIG_TLS_REQUIRED && !front->required_on_25)
		complain(
		    reading->complaints, line,
		    "tls: a mail server on port 25 must not insist on TLS (RFC 3207 section "
		    "4); allowed: offered, or require-tls-on-25 = true if this is no public one");
	if (front->tls == CONFIG_TLS_IMPLICIT)
		complain(reading->complaints, line,
		         "tls: nobody begins with TLS on port 25; allowed: offered");
}

void check_ports(const struct reading *reading, const struct config_front *front)
{
	bool told = false;
	for (size_t i = 0; i < front->listen.count; i++) {
		const struct config_address *address = &front->listen.list[i];
		if (!check_is_port_25(address))
			continue;
		if (front->protocol == STLS_LMTP)
			complain(reading->complaints, address->line,
			         "listen: \"%s\": LMTP is not for port 25 (RFC 2033 section 5)",
			         address->text);
		if (front->protocol == STLS_SMTP && !told)
			check_smtp_25(reading, front, value_line(reading, "tls"));
		told = true;
	}
}

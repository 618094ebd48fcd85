/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "gate/config_check.h"
#include "gate/config_protocol.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_backend_keys(const struct reading *reading, const struct config_front *front)
{
	static const char *const for_tls[] = {"backend-verify", "backend-ca", "backend-name"};
	bool plain = front->backend_tls == CONFIG_BACKEND_PLAIN;
	for (size_t i = 0; i < COUNT(for_tls); i++)
		value_useless(reading, for_tls[i], plain,
		              "without backend-tls = starttls or implicit");
}

static void check_protocol(const struct reading *reading, const struct config_front *front,
                           const struct config_protocol *protocol)
{
	value_useless(reading, "capabilities", !protocol->capabilities,
	              "with XMPP, which has none before TLS");
	if (front->tell == CONFIG_TELL_XCLIENT && !protocol->xclient)
		complain(
		    reading->complaints, value_line(reading, "tell"),
		    "tell: \"xclient\" is not allowed with %s; allowed: none, proxy-v1, proxy-v2",
		    protocol->name);
}

static void check_octets(const struct reading *reading, const struct config_front *front,
                         const struct config_protocol *protocol)
{
	const struct {
		const char *key;
		bool there;
		const char *what;
	} limits[] = {
	    {"line-limit", protocol->line_least > 0, "lines"},
	    {"literal-limit", protocol->literal_least > 0, "literals"},
	    {"element-limit", protocol->elements, "XML elements"},
	};
	for (size_t i = 0; i < COUNT(limits); i++) {
		char because[64];
		snprintf(because, sizeof(because), "with %s, which has no %s", protocol->name,
		         limits[i].what);
		value_useless(reading, limits[i].key, !limits[i].there, because);
		value_useless(reading, limits[i].key,
		              limits[i].there && front->tls == CONFIG_TLS_IMPLICIT,
		              "with tls = implicit, where nothing is said before TLS");
	}
}

/* Where mail from anywhere comes in, a name that is not known is no reason for an alert
 * (RFC 7672 section 8.1). */
static bool is_lenient(const struct config_front *front)
{
	if (front->strict_sni != CONFIG_SNI_AUTO)
		return front->strict_sni == CONFIG_SNI_LENIENT;
	for (size_t i = 0; i < front->listen.count; i++)
		if (check_is_port_25(&front->listen.list[i]))
			return true;
	return front->tls == CONFIG_TLS_OFFERED;
}

/* Who asks for no name that is known would get the first route's certificate. */
static void check_sni(const struct reading *reading, const struct config *config,
                      const struct config_front *front)
{
	if (front->certificates.count == 0 && config->certificates.count == 0 && is_lenient(front))
		complain(reading->complaints, value_line(reading, "strict-sni"),
		         "strict-sni: this has to be true here, as all certificates are those of "
		         "routes: clients that ask for another name would get the first one");
}

static sa_family_t family_of(const struct address *address)
{
	return address->kind == ADDRESS_UNIX  ? AF_UNIX
	       : address->kind == ADDRESS_IP6 ? AF_INET6
	                                      : AF_INET;
}

/* Whether anybody from one of these networks could come at all. */
static bool can_come(const struct config_front *front)
{
	for (size_t n = 0; n < front->accept_proxy_count; n++)
		for (size_t i = 0; i < front->listen.count; i++)
			if (front->accept_proxy[n].family ==
			    family_of(&front->listen.list[i].address))
				return true;
	return front->accept_proxy_count == 0;
}

void check_combinations(const struct reading *reading, const struct config *config,
                        const struct config_front *front)
{
	const struct config_protocol *protocol = config_protocol(front->protocol);
	check_backend_keys(reading, front);
	if (protocol) {
		check_protocol(reading, front, protocol);
		check_octets(reading, front, protocol);
	}
	check_sni(reading, config, front);
	value_useless(reading, "accept-proxy", !can_come(front),
	              "where listen has no address of such a network");
}

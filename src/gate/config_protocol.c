/* SPDX-License-Identifier: ISC */
#include "gate/config_protocol.h"

/*
 * Idle: RFC 5321 section 4.5.3.2.7, RFC 9051 section 5.4, RFC 1939 section 3, RFC 5804
 * section 1.2, RFC 3977 section 3.1.  Lines: RFC 5321 section 4.5.3.1.4, RFC 2683
 * section 3.2.1.5 (what clients keep to), RFC 2449 section 4, RFC 5804 section 4, RFC
 * 3977 section 3.1.  Literals: RFC 7888 section 5, RFC 5804 section 4.
 */
const struct config_protocol config_protocols[CONFIG_PROTOCOLS] = {
    {"smtp", STLS_SMTP, 300, 512, 0, false, true, true},
    {"lmtp", STLS_LMTP, 300, 512, 0, false, true, true},
    {"imap", STLS_IMAP, 1800, 1000, 4096, false, true, true},
    {"pop3", STLS_POP3, 600, 255, 0, false, true, true},
    {"sieve", STLS_SIEVE, 1800, 1024, 1024, false, true, true},
    {"xmpp-client", STLS_XMPP_CLIENT, 0, 0, 0, true, false, false},
    {"xmpp-server", STLS_XMPP_SERVER, 0, 0, 0, true, false, false},
    {"nntp", STLS_NNTP, 180, 512, 0, false, false, true},
};

const struct config_protocol *config_protocol(enum stls_protocol protocol)
{
	for (size_t i = 0; i < CONFIG_PROTOCOLS; i++)
		if (config_protocols[i].protocol == protocol)
			return &config_protocols[i];
	return NULL;
}

const char *config_protocol_name(enum stls_protocol protocol)
{
	const struct config_protocol *trait = config_protocol(protocol);
	return trait ? trait->name : "unknown";
}

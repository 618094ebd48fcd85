/* SPDX-License-Identifier: ISC */
/* XMPP (RFC 6120 section 5), between clients and servers and between servers. */
#include "wire/xmpp.h"

/* What the two have in common; .undeterred: XMPP-C-01. */
#define XMPP_WORDS                                                                                 \
	.take = xmpp_take, .terminator = "", .unit_size = 4096, .elements = true,                  \
	.own_size = sizeof(struct xmpp), .lists = true, .undeterred = true, .fatal_refusal = true, \
	.say = xmpp_say, .hear = xmpp_hear, .greet = xmpp_greet, .answer = xmpp_answer,            \
	.refuse = xmpp_refuse, .part = xmpp_part

const struct vocabulary xmpp_client_words = {
    .name = "xmpp-client",
    .alpn = "xmpp-client",
    .port = 5222,
    .tls_port = 5223,
    .farewell = xmpp_client_farewell,
    XMPP_WORDS,
};

const struct vocabulary xmpp_server_words = {
    .name = "xmpp-server",
    .alpn = "xmpp-server",
    .port = 5269,
    .tls_port = 5270,
    .farewell = xmpp_server_farewell,
    XMPP_WORDS,
};

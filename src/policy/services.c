/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "policy/services.h"

static const struct service services[] = {
    [STLS_SERVICE_SUBMISSION] = {STLS_SMTP,
                                 0,
                                 {"_submissions", "_submissions", 465},
                                 {"_submission", "_submission", 587}},
    [STLS_SERVICE_IMAP] = {STLS_IMAP, 0, {"_imaps", "_imaps", 993}, {"_imap", "_imap", 143}},
    [STLS_SERVICE_POP3] = {STLS_POP3, 0, {"_pop3s", "_pop3s", 995}, {"_pop3", "_pop3", 110}},
    [STLS_SERVICE_SIEVE] = {STLS_SIEVE, 0, {NULL, NULL, 0}, {"_sieve", "_sieve", 4190}},
    [STLS_SERVICE_XMPP_CLIENT] = {STLS_XMPP_CLIENT,
                                  1,
                                  {"_xmpps-client", "_xmpp-client", 0},
                                  {"_xmpp-client", "_xmpp-client", 5222}},
    [STLS_SERVICE_XMPP_SERVER] = {STLS_XMPP_SERVER,
                                  1,
                                  {"_xmpps-server", "_xmpp-server", 0},
                                  {"_xmpp-server", "_xmpp-server", 5269}},
};

const struct service *service_of(enum stls_service service)
{
	if ((unsigned)service >= sizeof(services) / sizeof(services[0]) ||
	    services[service].protocol == 0)
		return NULL;
	return &services[service];
}

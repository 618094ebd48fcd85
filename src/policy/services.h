/* SPDX-License-Identifier: ISC */
/* Where each service is announced (RFC 6186 section 3, RFC 8314 section 5.1, RFC 5804
 * section 1.8, RFC 6120 section 3.2, XEP-0368 section 3). */
#ifndef POLICY_SERVICES_H
#define POLICY_SERVICES_H

#include <starttls/policy.h>

/* One way to reach a service. */
struct service_way {
	const char *label; /* of the SRV record, without "_tcp"; NULL: there is no such way */
	const char *id;    /* of the SRV-ID in a certificate (RFC 4985) */
	unsigned port;     /* without SRV; 0: it cannot be reached without */
};

struct service {
	enum stls_protocol protocol;
	int by_domain; /* the name of the domain is the only one, whoever serves it: XMPP */
	struct service_way implicit, starttls;
};

const struct service *service_of(enum stls_service); /* NULL for what is none */

#endif

/* SPDX-License-Identifier: ISC */
#include "gate/greeting.h"

static bool is_xmpp(enum stls_protocol protocol)
{
	return protocol == STLS_XMPP_CLIENT || protocol == STLS_XMPP_SERVER;
}

/* With implicit TLS it has heard nothing yet; ManageSieve lists its capabilities
 * anew when TLS is up (RFC 5804 section 2.2). In XMPP it is the client that
 * begins. */
static bool client_is_owed_one(const struct config_front *config, bool tls)
{
	if (is_xmpp(config->protocol))
		return false;
	if (config->tls == CONFIG_TLS_IMPLICIT)
		return true;
	return tls && config->protocol == STLS_SIEVE;
}

/* Our own STARTTLS towards the service begins with its greeting. After that only
 * ManageSieve has something to say unasked. */
static bool service_has_one_left(const struct config_front *config)
{
	if (is_xmpp(config->protocol))
		return false;
	return config->backend_tls != CONFIG_BACKEND_STARTTLS || config->protocol == STLS_SIEVE;
}

struct greeting greeting_plan(const struct config_front *config, const struct greeting_past *past)
{
	bool owed = client_is_owed_one(config, past->tls);
	bool left = service_has_one_left(config);

	if (past->told)
		return (struct greeting){.goal = STLS_TELL, .ours = owed};
	if (past->named)
		return (struct greeting){.goal = STLS_LIST};
	if (left && !owed)
		return (struct greeting){.goal = STLS_GREET};
	return (struct greeting){
	    .goal = STLS_UPGRADE, .ours = owed && !left, .comes = owed && left};
}

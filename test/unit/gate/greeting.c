/* SPDX-License-Identifier: ISC */
/* Who greets the client: every combination that a configuration can have. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "gate/greeting.h"

#define PLAIN CONFIG_BACKEND_PLAIN
#define STARTTLS CONFIG_BACKEND_STARTTLS
#define REQUIRED CONFIG_TLS_REQUIRED
#define OFFERED CONFIG_TLS_OFFERED
#define IMPLICIT CONFIG_TLS_IMPLICIT

static const struct {
	const char *what;
	enum stls_protocol protocol;
	enum config_tls tls;
	enum config_backend_tls backend;
	struct greeting_past past;
	struct greeting plan;
} cases[] = {
    {"the client has had ours: the service's is swallowed",
     STLS_SMTP,
     REQUIRED,
     PLAIN,
     {.tls = true},
     {.goal = STLS_GREET}},
    {"our STARTTLS has eaten the service's",
     STLS_SMTP,
     REQUIRED,
     STARTTLS,
     {.tls = true},
     {.goal = STLS_UPGRADE}},
    {"nobody has greeted yet",
     STLS_SMTP,
     IMPLICIT,
     PLAIN,
     {.tls = true},
     {.goal = STLS_UPGRADE, .comes = true}},
    {"implicit TLS towards the service eats nothing",
     STLS_IMAP,
     IMPLICIT,
     CONFIG_BACKEND_IMPLICIT,
     {.tls = true},
     {.goal = STLS_UPGRADE, .comes = true}},
    {"eaten, but owed",
     STLS_POP3,
     IMPLICIT,
     STARTTLS,
     {.tls = true},
     {.goal = STLS_UPGRADE, .ours = true}},
    {"telling eats it",
     STLS_IMAP,
     IMPLICIT,
     PLAIN,
     {.tls = true, .told = true},
     {.goal = STLS_TELL, .ours = true}},
    {"telling, and the client has had ours",
     STLS_IMAP,
     REQUIRED,
     PLAIN,
     {.tls = true, .told = true},
     {.goal = STLS_TELL}},
    {"in plaintext, before the client said its name",
     STLS_SMTP,
     OFFERED,
     PLAIN,
     {0},
     {.goal = STLS_GREET}},
    {"in plaintext, and we have answered its EHLO",
     STLS_SMTP,
     OFFERED,
     PLAIN,
     {.named = true},
     {.goal = STLS_LIST}},
    {"the same, behind our STARTTLS",
     STLS_SMTP,
     OFFERED,
     STARTTLS,
     {.named = true},
     {.goal = STLS_LIST}},
    {"ManageSieve lists anew when TLS is up (SIEVE-S-01)",
     STLS_SIEVE,
     REQUIRED,
     PLAIN,
     {.tls = true},
     {.goal = STLS_UPGRADE, .comes = true}},
    {"... which it does towards us, too",
     STLS_SIEVE,
     REQUIRED,
     STARTTLS,
     {.tls = true},
     {.goal = STLS_UPGRADE, .comes = true}},
    {"... but not without TLS", STLS_SIEVE, OFFERED, PLAIN, {0}, {.goal = STLS_GREET}},
    {"... and telling eats it",
     STLS_SIEVE,
     REQUIRED,
     PLAIN,
     {.tls = true, .told = true},
     {.goal = STLS_TELL, .ours = true}},
    {"in XMPP the client begins",
     STLS_XMPP_CLIENT,
     REQUIRED,
     PLAIN,
     {.tls = true},
     {.goal = STLS_UPGRADE}},
    {"... with implicit TLS, too",
     STLS_XMPP_SERVER,
     IMPLICIT,
     PLAIN,
     {.tls = true},
     {.goal = STLS_UPGRADE}},
    {"... and has had our stream header",
     STLS_XMPP_CLIENT,
     OFFERED,
     PLAIN,
     {.named = true},
     {.goal = STLS_LIST}},
};

static void every_greeting_comes_from_somebody_and_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_front front = {.protocol = cases[i].protocol,
		                                   .tls = cases[i].tls,
		                                   .backend_tls = cases[i].backend};
		struct greeting plan = greeting_plan(&front, &cases[i].past);

		if (plan.goal != cases[i].plan.goal || plan.ours != cases[i].plan.ours ||
		    plan.comes != cases[i].plan.comes)
			fail_msg("%s: goal %d ours %d comes %d", cases[i].what, plan.goal,
			         plan.ours, plan.comes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_greeting_comes_from_somebody_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

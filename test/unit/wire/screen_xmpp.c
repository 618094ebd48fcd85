/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen_replay.h"

#define HEAD "<?xml version='1.0'?><stream:stream to='a>b' xmlns:stream=\"'s'\">"
#define ERROR(condition)                                                                           \
	"<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"               \
	"</stream:error></stream:stream>"
#define NO_TLS "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"
#define NO_SECRETS                                                                                 \
	"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"       \
	"</stream:stream>"

static const struct screen_case features[] = {
    {.name = "XMPP-S-05, CB-04: without STARTTLS and channel binding, up to the login",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', HEAD},
              {'S', HEAD "<stream:features><starttls xmlns='t'><required/></starttls>"
                         "<mechanisms xmlns='m'><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
                         "<mechanism>PLAIN</mechanism></mechanisms>"
                         "<sasl-channel-binding><channel-binding type='tls-exporter'/>"
                         "</sasl-channel-binding><t:starttls/></stream:features>"},
              {'C', "<auth mechanism='PLAIN'>AA==</auth>"},
              {'S', "<success/>"},
              {'C', HEAD},
              {'S', HEAD "<stream:features><starttls/><bind/></stream:features>"},
              {'C', "<iq><starttls/></iq>"}},
     .to_service = HEAD "<auth mechanism='PLAIN'>AA==</auth>" HEAD "<iq><starttls/></iq>",
     .to_client = HEAD "<stream:features><mechanisms xmlns='m'><mechanism>PLAIN</mechanism>"
                       "</mechanisms></stream:features><success/>" HEAD
                       "<stream:features><bind/></stream:features>",
     .over = 1},
    {.name = "XEP-0388: the other SASL, and tokens",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'S', "<features><authentication xmlns='urn:xmpp:sasl:2'>"
                    "<mechanism>SCRAM-SHA-256-PLUS</mechanism ><mechanism>PLAIN</mechanism>"
                    "<fast><mechanism>HT-SHA-256-EXPR</mechanism>"
                    "<mechanism>HT-SHA-256-NONE</mechanism></fast></authentication></features>"},
              {'C', "<authenticate xmlns='urn:xmpp:sasl:2'/>"},
              {'S', "<success xmlns='urn:xmpp:sasl:2'/><features/>"}},
     .to_service = "<authenticate xmlns='urn:xmpp:sasl:2'/>",
     .to_client = "<features><authentication xmlns='urn:xmpp:sasl:2'>"
                  "<mechanism>PLAIN</mechanism><fast><mechanism>HT-SHA-256-NONE</mechanism></fast>"
                  "</authentication></features><success xmlns='urn:xmpp:sasl:2'/><features/>",
     .over = 1},
    {.name = "twin: names that only begin so, and text",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'S', "<features><starttlsx/><required/> <c ver='<starttls/>'/></features>"}},
     .to_service = "",
     .to_client = "<features><starttlsx/><required/> <c ver='<starttls/>'/></features>"},
    {.name = "without TLS there is no login among them",
     .protocol = STLS_XMPP_CLIENT,
     .said = {{'S',
               HEAD "<features><mechanisms><mechanism>PLAIN</mechanism></mechanisms><ver/>"
                    "<auth xmlns='http://jabber.org/features/iq-auth'/><register/></features>"},
              {'C', "<auth mechanism='PLAIN'>AA==</auth>"}},
     .to_service = "",
     .to_client = HEAD "<features><ver/></features>" NO_SECRETS,
     .fault = STLS_FAULT_PLAINTEXT_REFUSED},
    {.name = "nor in stanzas (XEP-0077, XEP-0078)",
     .protocol = STLS_XMPP_CLIENT,
     .said = {{'C', HEAD "<iq type='set'><query xmlns='jabber:iq:auth'/></iq>"}},
     .to_service = HEAD,
     .to_client = ERROR("policy-violation"),
     .fault = STLS_FAULT_PLAINTEXT_REFUSED},
    {.name = "twin: inside TLS it is",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', "<iq type='set'><query xmlns='jabber:iq:auth'/></iq>"}},
     .to_service = "<iq type='set'><query xmlns='jabber:iq:auth'/></iq>",
     .to_client = ""},
};

static const struct screen_case tags[] = {
    {.name = "XMPP-S-02: STARTTLS inside TLS",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', HEAD " <t:starttls xmlns:t='t'>"}},
     .to_service = HEAD " ",
     .to_client = NO_TLS,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "XMPP-S-02: also behind a login that failed, and behind stanzas",
     .protocol = STLS_XMPP_SERVER,
     .tls = 1,
     .said = {{'C', "<auth>AA==</auth>"},
              {'S', "<failure/><features/>"},
              {'C', "<message/><starttls/>"}},
     .to_service = "<auth>AA==</auth><message/>",
     .to_client = "<failure/><features/>" NO_TLS,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "XMPP-X-02: nothing hides in a comment",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', HEAD "<!-- \" --><starttls/>\">"}},
     .to_service = HEAD,
     .to_client = ERROR("restricted-xml"),
     .fault = STLS_FAULT_SYNTAX},
    {.name = "XMPP-X-02: nor behind an instruction",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', "<?xmlx?>"}},
     .to_service = "",
     .to_client = ERROR("restricted-xml"),
     .fault = STLS_FAULT_SYNTAX},
};

static const struct screen_case servers[] = {
    {.name = "XEP-0220: a dialback that succeeds",
     .protocol = STLS_XMPP_SERVER,
     .said = {{'C', HEAD "<db:result to='a'>key</db:result>"},
              {'S', HEAD "<features><starttls/><dialback/></features>"
                         "<db:result to='b' type='valid'/>"},
              {'C', "<message/><starttls/>"}},
     .to_service = HEAD "<db:result to='a'>key</db:result><message/><starttls/>",
     .to_client = HEAD "<features><dialback/></features><db:result to='b' type='valid'/>",
     .over = 1},
    {.name = "XEP-0220: one that does not",
     .protocol = STLS_XMPP_SERVER,
     .tls = 1,
     .said = {{'C', "<db:result to='a'>key</db:result>"},
              {'S', "<db:result to='b' type='invalid'/>"},
              {'C', "<starttls/>"}},
     .to_service = "<db:result to='a'>key</db:result>",
     .to_client = "<db:result to='b' type='invalid'/>" NO_TLS,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "SASL EXTERNAL",
     .protocol = STLS_XMPP_SERVER,
     .tls = 1,
     .said = {{'C', "<auth mechanism='EXTERNAL'>=</auth>"},
              {'S', "<success/>"},
              {'C', HEAD},
              {'S', HEAD "<stream:features/>"}},
     .to_service = "<auth mechanism='EXTERNAL'>=</auth>" HEAD,
     .to_client = "<success/>" HEAD "<stream:features/>",
     .over = 1},
    {.name = "XEP-0138: behind compression nothing can be seen",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', "<compress/>"}, {'S', "<compressed/>\x02<"}, {'C', "\x02<starttls/>"}},
     .to_service = "<compress/>\x02<starttls/>",
     .to_client = "<compressed/>\x02<",
     .over = 1},
};

/* XMPP-X-05 leaves stanzas 10000 bytes; no tag of an honest login has half of that. */
static void long_tags(void **state)
{
	static char tag[5100], mechanism[5100];
	const struct screen_case cases[] = {
	    {.name = "a tag without end",
	     .protocol = STLS_XMPP_CLIENT,
	     .tls = 1,
	     .said = {{'C', tag}},
	     .to_service = "",
	     .to_client = ERROR("policy-violation"),
	     .fault = STLS_FAULT_TOO_LONG},
	    {.name = "a mechanism without end",
	     .protocol = STLS_XMPP_CLIENT,
	     .tls = 1,
	     .said = {{'S', mechanism}},
	     .to_service = "",
	     .to_client = ERROR("policy-violation"),
	     .fault = STLS_FAULT_TOO_LONG},
	};

	(void)state;
	memset(tag, 'A', 5000);
	tag[0] = '<';
	memset(mechanism, 'A', 5000);
	memcpy(mechanism, "<mechanism>", 11);
	screen_replay(cases, 2);
}

SCREEN_TEST(features)
SCREEN_TEST(tags)
SCREEN_TEST(servers)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_features),
	    cmocka_unit_test(screen_of_tags),
	    cmocka_unit_test(screen_of_servers),
	    cmocka_unit_test(long_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

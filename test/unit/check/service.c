/* SPDX-License-Identifier: ISC */
/* Services as people name them, and whom their certificates must name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/service.h"

static void good_urls(void **state)
{
	static const struct {
		const char *url, *host;
		enum stls_protocol protocol;
		enum stls_layer layer;
		enum address_kind kind;
		unsigned port;
	} rows[] = {
	    {"smtp://mail.example.org", "mail.example.org", STLS_SMTP, STLS_PLAINTEXT, ADDRESS_NAME,
	     25},
	    {"SMTPS://mail.example.org", "mail.example.org", STLS_SMTP, STLS_IMPLICIT, ADDRESS_NAME,
	     465},
	    {"imap://127.0.0.1:1143/", "127.0.0.1", STLS_IMAP, STLS_PLAINTEXT, ADDRESS_IP4, 1143},
	    {"imaps://[::1]", "::1", STLS_IMAP, STLS_IMPLICIT, ADDRESS_IP6, 993},
	    {"pop3s://[::1]:1995", "::1", STLS_POP3, STLS_IMPLICIT, ADDRESS_IP6, 1995},
	    {"xmpp://example.org", "example.org", STLS_XMPP_CLIENT, STLS_PLAINTEXT, ADDRESS_NAME,
	     5222},
	    {"xmpps://example.org", "example.org", STLS_XMPP_CLIENT, STLS_IMPLICIT, ADDRESS_NAME,
	     5223},
	    {"xmpp-server://example.org", "example.org", STLS_XMPP_SERVER, STLS_PLAINTEXT,
	     ADDRESS_NAME, 5269},
	    {"sieve://a", "a", STLS_SIEVE, STLS_PLAINTEXT, ADDRESS_NAME, 4190},
	    {"postgres://a", "a", STLS_POSTGRES, STLS_PLAINTEXT, ADDRESS_NAME, 5432},
	    {"mysql://a", "a", STLS_MYSQL, STLS_PLAINTEXT, ADDRESS_NAME, 3306},
	    {"ldaps://a", "a", STLS_LDAP, STLS_IMPLICIT, ADDRESS_NAME, 636},
	};
	struct service_error error;
	struct service service;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (service_parse(&service, rows[i].url, &error) < 0)
			fail_msg("%s: %s", rows[i].url, error.text);
		assert_string_equal(service.address.host, rows[i].host);
		assert_int_equal(service.protocol, rows[i].protocol);
		assert_int_equal(service.layer, rows[i].layer);
		assert_int_equal(service.address.kind, rows[i].kind);
		assert_int_equal(service.address.port, rows[i].port);
	}
}

/* Each complaint says what to do instead. */
static void bad_urls(void **state)
{
	static const char *const rows[][2] = {
	    {"mail.example.org", "SCHEME://HOST[:PORT]"},
	    {"http://example.org", "smtp, smtps, lmtp"},
	    {"://example.org", "SCHEME://HOST[:PORT]"},
	    {"smtp://", "no host"},
	    {"smtp://:25", "no host"},
	    {"smtp://user:secret@example.org", "--user NAME --password-file FILE"},
	    {"smtp://example.org:0", "1 at least"},
	    {"smtp://example.org:65536", "65535 at most"},
	    {"smtp://example.org:x", "number"},
	    {"smtp://example.org/box", "nothing belongs behind"},
	    {"smtp://example.org?x", "nothing belongs behind"},
	    {"smtp://::1:25", "brackets"},
	    {"smtp://unix:/run/x:25", "nothing belongs behind"},
	    {"smtp://exa mple.org", "not a host name"},
	    {"smtp://exam\nple.org", "not a host name"},
	};
	struct service_error error;
	struct service service;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (service_parse(&service, rows[i][0], &error) == 0)
			fail_msg("%s was taken", rows[i][0]);
		if (strstr(error.text, rows[i][1]) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", rows[i][0], error.text,
			         rows[i][1]);
	}
}

static void names_of(const char *url, const char *servername, const char *domain,
                     struct service_names *names)
{
	static struct service service;
	struct service_error error;

	assert_int_equal(service_parse(&service, url, &error), 0);
	service_names(&service, servername, domain, names);
}

static int wants(const struct service_names *names, enum stls_id_kind kind, const char *text)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->wanted[i].kind == kind && names->wanted[i].length == strlen(text) &&
		    memcmp(names->wanted[i].bytes, text, strlen(text)) == 0)
			return 1;
	return 0;
}

/* ID-01: what the user wrote, and nothing else. */
static void names_of_a_host(void **state)
{
	struct service_names names;

	(void)state;
	names_of("smtp://mail.example.org.", NULL, NULL, &names);
	assert_string_equal(names.sni, "mail.example.org");
	assert_true(wants(&names, STLS_DNS_ID, "mail.example.org"));
	assert_null(names.domain);
	names_of("ftp://mail.example.org", NULL, NULL, &names);
	assert_int_equal(names.count, 1);
}

/* ID-07: an address is an address, and no SNI (RFC 6066 section 3). */
static void names_of_an_address(void **state)
{
	struct service_names names;

	(void)state;
	names_of("smtp://192.0.2.1", NULL, NULL, &names);
	assert_null(names.sni);
	assert_int_equal(names.count, 1);
	assert_int_equal(names.wanted[0].kind, STLS_IP_ID);
	assert_int_equal(names.wanted[0].length, 4);
	names_of("smtp://[2001:db8::1]", NULL, NULL, &names);
	assert_int_equal(names.wanted[0].length, 16);
	names_of("smtp://192.0.2.1", "mail.example.org", NULL, &names);
	assert_string_equal(names.sni, "mail.example.org");
	assert_false(wants(&names, STLS_IP_ID, "\xc0\x00\x02\x01"));
}

/* ID-09: the domain of the mail address, its SRV-ID, and the configured host. */
static void names_of_mail(void **state)
{
	struct service_names names;

	(void)state;
	names_of("imaps://mail.example.net", NULL, "example.org", &names);
	assert_true(wants(&names, STLS_DNS_ID, "mail.example.net"));
	assert_true(wants(&names, STLS_DNS_ID, "example.org"));
	assert_true(wants(&names, STLS_SRV_ID, "_imaps.example.org"));
	assert_false(wants(&names, STLS_SRV_ID, "_imap.example.org"));
	assert_string_equal(names.sni, "mail.example.net");
}

/* RFC 6120 section 13.7.2.1: the domain, not the host that it is found at. */
static void names_of_xmpp(void **state)
{
	struct service_names names;

	(void)state;
	names_of("xmpp://host.example.net", NULL, "example.org", &names);
	assert_true(wants(&names, STLS_DNS_ID, "example.org"));
	assert_true(wants(&names, STLS_SRV_ID, "_xmpp-client.example.org"));
	assert_true(wants(&names, STLS_XMPP_ID, "example.org"));
	assert_false(wants(&names, STLS_DNS_ID, "host.example.net"));
	assert_string_equal(names.sni, "example.org");
	assert_string_equal(names.domain, "example.org");
	names_of("xmpp-server://example.org", NULL, NULL, &names);
	assert_true(wants(&names, STLS_SRV_ID, "_xmpp-server.example.org"));
}

/* Hosts of a plan: the names are the plan's, and a stream goes to the domain. */
static void hosts_of_a_plan(void **state)
{
	static const struct stls_id wanted[] = {{STLS_DNS_ID, "example.org", 11},
	                                        {STLS_SRV_ID, "_xmpp-client.example.org", 24}};
	struct stls_host host = {.name = "chat.example.net",
	                         .port = 5223,
	                         .protocol = STLS_XMPP_CLIENT,
	                         .layer = STLS_IMPLICIT,
	                         .sni = "example.org",
	                         .wanted = wanted,
	                         .wanted_count = 2};
	struct service_names names;
	struct service service;
	char url[SERVICE_URL];

	(void)state;
	service_of_host(&service, &host, url);
	assert_string_equal(service.url, "xmpps://chat.example.net:5223");
	assert_int_equal(service.address.kind, ADDRESS_NAME);
	assert_string_equal(service.address.host, "chat.example.net");
	assert_int_equal(service.address.port, 5223);
	service_names_of(&host, "example.org", &names);
	assert_string_equal(names.sni, "example.org");
	assert_string_equal(names.domain, "example.org");
	assert_int_equal(names.count, 2);
	assert_int_equal(names.wanted[1].kind, STLS_SRV_ID);
	host.protocol = STLS_SMTP;
	host.layer = STLS_PLAINTEXT;
	host.port = 587;
	service_of_host(&service, &host, url);
	assert_string_equal(service.url, "smtp://chat.example.net:587");
	service_names_of(&host, "example.org", &names);
	assert_null(names.domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts_of_a_plan),
	    cmocka_unit_test(good_urls),
	    cmocka_unit_test(bad_urls),
	    cmocka_unit_test(names_of_a_host),
	    cmocka_unit_test(names_of_an_address),
	    cmocka_unit_test(names_of_mail),
	    cmocka_unit_test(names_of_xmpp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

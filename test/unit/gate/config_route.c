/* SPDX-License-Identifier: ISC */
/* What a front says of tenants, of load balancers and of services that are away. */
#include <stdlib.h>
#include <sys/socket.h>

#include "config_reading.h"

static void routes(void **state)
{
	struct config config =
	    accepted(CERTIFICATE "front f { protocol = imap tls = required\n"
	                         "listen = '127.0.0.1:143' backend-tls = implicit\n"
	                         "route \"Mail.Example.ORG\" {\n"
	                         "\tbackend = {'10.0.0.1:993', '10.0.0.2:993'}\n"
	                         "\tbackend-name = imap.internal.example\n"
	                         "\tcertificate { chain = a.pem key = b.pem }\n"
	                         "\tcertificate { chain = c.pem key = d.pem }\n"
	                         "}\n"
	                         "route '*.example.net' { backend = 'localhost:993' }\n"
	                         "route xn--bcher-kva { backend = '[::1]:993' } }\n");
	const struct config_front *front = &config.fronts[0];
	(void)state;
	assert_int_equal(front->backend.count, 0);
	assert_int_equal(front->route_count, 3);
	const struct config_route *route = &front->routes[0];
	assert_string_equal(route->name, "mail.example.org");
	assert_int_equal(route->line, 4);
	assert_int_equal(route->backend.count, 2);
	assert_string_equal(route->backend.list[1].text, "10.0.0.2:993");
	assert_int_equal(route->backend.list[1].line, 5);
	assert_string_equal(route->backend_name, "imap.internal.example");
	assert_int_equal(route->certificates.count, 2);
	assert_string_equal(route->certificates.list[1].key, "d.pem");
	assert_int_equal(route->certificates.list[1].line, 8);
	assert_string_equal(front->routes[1].name, "*.example.net");
	assert_null(front->routes[1].backend_name);
	assert_int_equal(front->routes[1].certificates.count, 0);
	assert_string_equal(front->routes[2].name, "xn--bcher-kva");
	assert_int_equal(front->routes[2].line, 11);
	config_free(&config);
}

#define NO_NAME                                                                                    \
	"this is not a host name; allowed: letters, digits and hyphens between dots, such as "     \
	"example.org or *.example.org"
#define NO_STAR "a * stands for the whole first label, and for one only, as in *.example.org"
#define NO_ASCII                                                                                   \
	"a name with letters beyond ASCII is written in the form that DNS has (RFC 5890: its "     \
	"A-labels), such as xn--bcher-kva.example"

static void route_names(void **state)
{
	static const struct {
		const char *name, *wrong;
	} cases[] = {
	    {"", NO_NAME},
	    {"a..b", NO_NAME},
	    {".a", NO_NAME},
	    {"a b", NO_NAME},
	    {"-a.example", NO_NAME},
	    {"*.", NO_NAME},
	    {"*..a", NO_NAME},
	    {"192.0.2.1", NO_NAME},
	    {"2001:db8::1", NO_NAME},
	    {"mail.example.org:143", NO_NAME},
	    {"imap://example.org", NO_NAME},
	    {"*", NO_STAR},
	    {"*.*.example.org", NO_STAR},
	    {"mail.*.org", NO_STAR},
	    {"mail*.example.org", NO_STAR},
	    {"example.org.", "there is no dot at the end"},
	    {"*.example.org.", "there is no dot at the end"},
	    {"b\303\274cher.example", NO_ASCII},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[512], want[512];
		snprintf(text, sizeof(text), OPEN "route '%s' { backend = 'unix:/r' } }",
		         cases[i].name);
		snprintf(want, sizeof(want), "t.conf:3: route \"%s\": %s", cases[i].name,
		         cases[i].wrong);
		refuse(text, (const char *const[]){want, NULL});
	}
}

static void bad_routes(void **state)
{
	static const struct bad cases[] = {
	    {"\nroute a.example { }",
	     {"t.conf:4: route \"a.example\": backend is missing, such as: backend = "
	      "{\"127.0.0.1:10587\"}"}},
	    {"route a.example { backend = 'here' backend-name = 'a b' }",
	     {"t.conf:3: backend: \"here\": the port is missing: HOST:PORT",
	      "t.conf:3: backend-name: \"a b\" is not a host name; allowed: letters, digits and "
	      "hyphens between dots, such as mail.example.org"}},
	    {"route a.example { backend = 'unix:/a'\nbackend-name = x }",
	     {"t.conf:4: backend-name: this does nothing without backend-tls = starttls or "
	      "implicit"}},
	    {"route a.example {\nbackend = {'[::1]:0', '127.0.0.1:143', 'unix:/a', 'unix:/a'} }",
	     {"t.conf:4: backend: \"[::1]:0\": nobody listens on port 0",
	      "t.conf:4: backend: \"127.0.0.1:143\" is where this front itself listens",
	      "t.conf:4: backend: \"unix:/a\" is here a second time"}},
	    {"backend-tls = starttls\nroute a.example { backend = 'unix:/a' }",
	     {"t.conf:4: backend: \"unix:/a\": a Unix socket has no name to verify the "
	      "certificate by; allowed: backend-name = ..., or backend-verify = false"}},
	    {"route a.example { backend = 'unix:/a' }\nroute A.example { backend = 'unix:/b' }",
	     {"t.conf:4: route \"a.example\": this is here a second time, after line 3"}},
	    {"route a.example { }\nroute a.example { }",
	     {"t.conf:4: syntax: found duplicate title 'a.example'"}},
	    {"route { }", {"t.conf:3: syntax: missing title for section 'route'"}},
	    {"route a.example { backend = 'unix:/a'\ncertificate { key = k } }",
	     {"t.conf:4: certificate: chain is missing; a certificate has chain (PEM, leaf "
	      "first) and key (PEM)"}},
	    {"route a.example {\n\nbakend = 'unix:/a' }",
	     {"t.conf:5: bakend: unknown key (did you mean backend?); allowed in route: "
	      "backend, backend-name, certificate"}},
	    {"route a.example { route b.example { } }",
	     {"t.conf:3: route: unknown key; allowed in route: backend, backend-name, "
	      "certificate"}},
	};
	static const char *const good[] = {
	    "route a.example { backend = 'unix:/a' } route b.example { backend = 'unix:/a' }",
	    "backend-tls = starttls backend-name = x route a.example { backend = 'unix:/a' }",
	    "backend-tls = starttls route a.example { backend = 'unix:/a' backend-name = x }",
	    "backend-tls = implicit route a.example { backend = 'a:1' backend-name = '::1' }",
	    "route a.example { backend = 'unix:/a' } route '*.a.example' { backend = 'unix:/b' }",
	};
	(void)state;
	refuse_all(cases, COUNT(cases), OPEN, "\n}\n");
	accept_all(good, COUNT(good), OPEN, "\n}\n");
}

/* LMTP-01 is for tenants, too. */
static void lmtp_not_on_25(void **state)
{
	refuse(CERTIFICATE "front f { protocol = lmtp tls = required listen = 'unix:/l'\n"
	                   "route a.example { backend = '10.0.0.1:25' } }",
	       (const char *const[]){"t.conf:3: backend: \"10.0.0.1:25\": LMTP is not for port 25 "
	                             "(RFC 2033 section 5)",
	                             NULL});
	(void)state;
}

/* Who comes without a name must have somewhere to go. */
static void routes_without_a_backend(void **state)
{
	static const struct bad cases[] = {
	    {"protocol = smtp tls = offered route a.example { backend = 'unix:/a' }",
	     {"t.conf:3: front \"f\": backend is missing: with tls = offered a client may come "
	      "without TLS, and so without a name; such as: backend = {\"127.0.0.1:10587\"}"}},
	    {"protocol = smtp tls = required",
	     {"t.conf:3: front \"f\": backend is missing, such as: backend = "
	      "{\"127.0.0.1:10587\"}"}},
	};
	static const char *const good[] = {
	    "protocol = smtp tls = required route a.example { backend = 'unix:/a' }",
	    "protocol = smtp tls = implicit route a.example { backend = 'unix:/a' }",
	    ("protocol = smtp tls = offered backend = 'unix:/b' "
	     "route a.example { backend = 'unix:/a' }"),
	    "protocol = xmpp-client tls = offered route a.example { backend = 'unix:/a' }",
	};
	static const char before[] = CERTIFICATE "\nfront f { listen = '127.0.0.1:587'\n";
	char text[512];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text),
		         CERTIFICATE "\nfront f { listen = '127.0.0.1:587' %s }", cases[i].text);
		refuse(text, cases[i].complaints);
	}
	accept_all(good, COUNT(good), before, " }");
}

#define OF_ROUTE "certificate { chain = a key = b } }"
#define STRICT                                                                                     \
	": strict-sni: this has to be true here, as all certificates are those of routes: "        \
	"clients that ask for another name would get the first one"

/* Certificates may all be those of routes, when no client is for anything else. */
static void certificates_of_routes(void **state)
{
	static const char none[] = "t.conf:1: front \"f\": there is no certificate; certificate { "
	                           "chain = ... key = ... } is allowed in the front, and outside "
	                           "for all fronts";
	static const struct bad cases[] = {
	    {"route a.example { backend = 'unix:/a' }", {none}},
	    {"route a.example { backend = 'unix:/a' " OF_ROUTE " route b.example { backend = "
	     "'unix:/b' }",
	     {none}},
	    {"backend = 'unix:/f' route a.example { backend = 'unix:/a' " OF_ROUTE, {none}},
	    {"route a.example { backend = 'unix:/a' " OF_ROUTE "\nstrict-sni = false",
	     {"t.conf:2" STRICT}},
	    {"listen += '[::]:25' route a.example { backend = 'unix:/a' " OF_ROUTE,
	     {"t.conf:1" STRICT}},
	};
	static const char *const good[] = {
	    "route a.example { backend = 'unix:/a' " OF_ROUTE,
	    "strict-sni = true route a.example { backend = 'unix:/a' " OF_ROUTE,
	    "strict-sni = false certificate { chain = x key = y } route a.example { backend = "
	    "'unix:/a' " OF_ROUTE,
	};
	static const char before[] =
	    "front f { protocol = imap tls = required listen = '127.0.0.1:143' ";
	(void)state;
	refuse_all(cases, COUNT(cases), before, " }");
	accept_all(good, COUNT(good), before, " }");
	/* In XMPP the stream names the domain, but TLS may come without a name. */
	refuse("front f { protocol = xmpp-server tls = offered listen = '127.0.0.1:5269' route "
	       "a.example { backend = 'unix:/a' " OF_ROUTE " }",
	       (const char *const[]){"t.conf:1" STRICT, NULL});
}

#define NO_NETWORK " is no network; allowed: IPV4/BITS, IPV6/BITS, an address alone, or unix"

static void accept_proxy(void **state)
{
	static const struct bad cases[] = {
	    {"accept-proxy = 10/8", {"t.conf:3: accept-proxy: \"10/8\"" NO_NETWORK}},
	    {"accept-proxy = {'10.0.0.0/8',\n'10.0.0.0/33', localhost}",
	     {"t.conf:4: accept-proxy: \"10.0.0.0/33\"" NO_NETWORK,
	      "t.conf:4: accept-proxy: \"localhost\"" NO_NETWORK}},
	    {"accept-proxy = '10.0.0.1/8'",
	     {"t.conf:3: accept-proxy: \"10.0.0.1/8\" has bits set behind its prefix; allowed: "
	      "those before it, or no prefix"}},
	    {"accept-proxy = {'10.0.0.1',\n'10.0.0.1/32'}",
	     {"t.conf:4: accept-proxy: \"10.0.0.1/32\" is here a second time"}},
	    {"\naccept-proxy = {unix, '2001:db8::/32'}",
	     {"t.conf:4: accept-proxy: this does nothing where listen has no address of such a "
	      "network"}},
	};
	static const char *const good[] = {
	    "accept-proxy = {}",
	    "accept-proxy = '0.0.0.0/0'",
	    "accept-proxy = {'10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', unix}",
	    "listen += 'unix:/l' accept-proxy = unix",
	    "listen += '[::]:143' accept-proxy = '::/0'",
	};
	(void)state;
	refuse_all(cases, COUNT(cases), OPEN, "\n}\n");
	accept_all(good, COUNT(good), OPEN, "\n}\n");
}

/* What each protocol has, from its least to the most. */
static void octets(void **state)
{
	static const struct {
		const char *protocol, *key;
		unsigned least, most; /* 0: it has no such thing */
		const char *what;
	} cases[] = {
	    {"smtp", "line-limit", 512, 65536, "lines"},
	    {"lmtp", "line-limit", 512, 65536, "lines"},
	    {"imap", "line-limit", 1000, 65536, "lines"},
	    {"pop3", "line-limit", 255, 65536, "lines"},
	    {"sieve", "line-limit", 1024, 65536, "lines"},
	    {"nntp", "line-limit", 512, 65536, "lines"},
	    {"xmpp-client", "line-limit", 0, 0, "lines"},
	    {"xmpp-server", "line-limit", 0, 0, "lines"},
	    {"imap", "literal-limit", 4096, 1048576, "literals"},
	    {"sieve", "literal-limit", 1024, 1048576, "literals"},
	    {"smtp", "literal-limit", 0, 0, "literals"},
	    {"pop3", "literal-limit", 0, 0, "literals"},
	    {"xmpp-client", "literal-limit", 0, 0, "literals"},
	    {"xmpp-client", "element-limit", 10000, 1048576, "XML elements"},
	    {"xmpp-server", "element-limit", 10000, 1048576, "XML elements"},
	    {"imap", "element-limit", 0, 0, "XML elements"},
	    {"nntp", "element-limit", 0, 0, "XML elements"},
	};
	static const char form[] = CERTIFICATE "front f { listen = '127.0.0.1:1143' backend = "
	                                       "'unix:/b' tls = %s protocol = %s\n%s = %u }";
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const unsigned tried[] = {0, cases[i].least, cases[i].most, cases[i].least - 1,
		                          cases[i].most + 1};
		for (size_t j = 0; j < COUNT(tried); j++) {
			char text[512], want[512];
			snprintf(text, sizeof(text), form, "required", cases[i].protocol,
			         cases[i].key, tried[j]);
			if (cases[i].most == 0)
				snprintf(want, sizeof(want),
				         "t.conf:3: %s: this does nothing with %s, which has no %s",
				         cases[i].key, cases[i].protocol, cases[i].what);
			else
				snprintf(
				    want, sizeof(want),
				    "t.conf:3: %s: \"%u\" is not allowed; allowed: a number of "
				    "octets from %u to %u, or 0 for the protocol's own",
				    cases[i].key, tried[j], cases[i].least, cases[i].most);
			if (cases[i].most == 0 || j > 2) {
				refuse(text, (const char *const[]){want, NULL});
				continue;
			}
			struct config config = accepted(text);
			const struct config_front *front = &config.fronts[0];
			assert_int_equal(front->line_limit + front->literal_limit +
			                     front->element_limit,
			                 tried[j]);
			config_free(&config);
		}
	}
}

/* TLS from the start leaves nothing before it. */
static void octets_with_implicit_tls(void **state)
{
	static const struct bad cases[] = {
	    {"line-limit = 2000",
	     {"t.conf:2: line-limit: this does nothing with tls = implicit, where nothing is said "
	      "before TLS"}},
	    {"\nliteral-limit = 5000",
	     {"t.conf:3: literal-limit: this does nothing with tls = implicit, where nothing is "
	      "said before TLS"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases),
	           CERTIFICATE "front f { listen = '127.0.0.1:993' backend = 'unix:/b' tls = "
	                       "implicit protocol = imap ",
	           " }");
}

static void times(void **state)
{
	static const struct bad cases[] = {
	    {"backend-deadline = 0",
	     {"t.conf:3: backend-deadline: \"0\" is not allowed; allowed: a number of seconds from "
	      "1 to 604800"}},
	    {"backend-check = often",
	     {"t.conf:3: backend-check: \"often\" is not allowed; allowed: a number of seconds "
	      "from 0 to 604800"}},
	    {"backend += 'localhost:1143'",
	     {"t.conf:3: backend: \"localhost:1143\" is here a second time"}},
	};
	static const char *const good[] = {
	    "backend-deadline = 1 backend-check = 0",
	    "backend-deadline = 604800 backend-check = 604800",
	};
	(void)state;
	refuse_all(cases, COUNT(cases), OPEN, "\n}\n");
	accept_all(good, COUNT(good), OPEN, "\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(routes),
	    cmocka_unit_test(route_names),
	    cmocka_unit_test(bad_routes),
	    cmocka_unit_test(lmtp_not_on_25),
	    cmocka_unit_test(routes_without_a_backend),
	    cmocka_unit_test(certificates_of_routes),
	    cmocka_unit_test(accept_proxy),
	    cmocka_unit_test(octets),
	    cmocka_unit_test(octets_with_implicit_tls),
	    cmocka_unit_test(times),
	};
	return cmocka_run_group_tests_name("gate/config_route", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* The configuration: what it means, and every complaint with its file and line. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_reading.h"

#define TOP_KEYS                                                                                   \
	"hostname, state, user, workers, sandbox, drain, watch-certificates, log-level, "          \
	"log-format, log-to, log-rate, limits, metrics, certificate, front, policy, override, "    \
	"ratchet, resolver"
#define FRONT_KEYS                                                                                 \
	"protocol, listen, accept-proxy, tls, require-tls-on-25, certificate, strict-sni, "        \
	"ask-client, hostname, capabilities, backend, backend-tls, backend-verify, backend-ca, "   \
	"backend-name, backend-deadline, backend-check, tell, plaintext-deadline, "                \
	"handshake-deadline, idle, line-limit, literal-limit, element-limit, route"

/* The front of the manual, as it is written there. */
static void the_contract(void **state)
{
	struct config config = accepted(
	    "hostname = \"mail.example.org\"\n"
	    "state    = \"/var/lib/starttls\"                 # or \"redis://host:6379/0\"\n"
	    "user     = \"starttls\"\n"
	    "\n"
	    "certificate { chain = \"fullchain.pem\"  key = \"privkey.pem\" }     # several\n"
	    "\n"
	    "front \"submission\" {\n"
	    "    protocol = smtp                             # smtp lmtp imap pop3\n"
	    "    listen   = {\"0.0.0.0:587\", \"[::]:587\"}\n"
	    "    tls      = required                         # required | offered | implicit\n"
	    "    backend  = {\"127.0.0.1:10587\"}\n"
	    "    backend-tls = none                          # none | starttls | implicit\n"
	    "    tell     = proxy-v2                         # none | proxy-v1 | proxy-v2\n"
	    "}\n");
	(void)state;
	assert_string_equal(config.hostname, "mail.example.org");
	assert_string_equal(config.state, "/var/lib/starttls");
	assert_string_equal(config.user, "starttls");
	assert_int_equal(config.log.level, LOG_LEVEL_INFO);
	assert_int_equal(config.certificates.count, 1);
	assert_string_equal(config.certificates.list[0].chain, "fullchain.pem");
	assert_string_equal(config.certificates.list[0].key, "privkey.pem");
	assert_int_equal(config.certificates.list[0].line, 5);
	assert_int_equal(config.front_count, 1);
	const struct config_front *front = &config.fronts[0];
	assert_string_equal(front->name, "submission");
	assert_int_equal(front->line, 7);
	assert_int_equal(front->protocol, STLS_SMTP);
	assert_int_equal(front->tls, CONFIG_TLS_REQUIRED);
	assert_int_equal(front->listen.count, 2);
	assert_string_equal(front->listen.list[1].text, "[::]:587");
	assert_int_equal(front->listen.list[1].line, 9);
	assert_int_equal(front->listen.list[1].address.kind, ADDRESS_IP6);
	assert_int_equal(front->listen.list[1].address.port, 587);
	assert_int_equal(front->backend.count, 1);
	assert_string_equal(front->backend.list[0].text, "127.0.0.1:10587");
	assert_int_equal(front->backend_tls, CONFIG_BACKEND_PLAIN);
	assert_int_equal(front->tell, CONFIG_TELL_PROXY_V2);
	assert_string_equal(front->hostname, "mail.example.org");
	config_free(&config);
}

static void defaults(void **state)
{
	struct config config = accepted(CERTIFICATE GOOD_FRONT);
	const struct config_front *front = &config.fronts[0];
	char name[256] = "";
	(void)state;
	assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
	assert_string_equal(config.hostname, name);
	assert_string_equal(front->hostname, name);
	assert_string_equal(config.user, "starttls");
	assert_string_equal(config.state, "/var/lib/starttls");
	assert_int_equal(front->plaintext_deadline, 60);
	assert_int_equal(front->handshake_deadline, 30);
	assert_int_equal(front->strict_sni, CONFIG_SNI_AUTO);
	assert_false(front->ask_client || front->backend_verify);
	assert_null(front->capabilities);
	assert_null(front->backend_ca);
	assert_null(front->backend_name);
	assert_int_equal(front->certificates.count, 0);
	assert_int_equal(front->tell, CONFIG_TELL_NONE);
	assert_int_equal(front->backend_deadline, 30);
	assert_int_equal(front->backend_check, 30);
	assert_int_equal(front->line_limit, 0);
	assert_int_equal(front->literal_limit, 0);
	assert_int_equal(front->element_limit, 0);
	assert_int_equal(front->accept_proxy_count, 0);
	assert_int_equal(front->route_count, 0);
	config_free(&config);
}

static void everything_said(void **state)
{
	struct config config =
	    accepted("hostname = a.example\n"
	             "user = nobody\n"
	             "state = /srv/state\n"
	             "log-level = debug\n"
	             "front 'all of it' {\n"
	             "\tprotocol = imap\n"
	             "\tlisten = {'unix:/run/imap.sock'}\n"
	             "\tlisten += {\"[::1]:0\"}\n"
	             "\ttls = offered\n"
	             "\tcertificate { chain = /a/c.pem key = b/k.pem }\n"
	             "\tcertificate {\n"
	             "\t\tchain = c2.pem\n"
	             "\t\tkey = k2.pem }\n"
	             "\tstrict-sni = true\n"
	             "\task-client = yes\n"
	             "\thostname = b.example\n"
	             "\tcapabilities = {IMAP4rev1, \"SASL-IR\", 'X \"Y\" \\'Z\\\\'}\n"
	             "\tbackend = {\"localhost:993\", '[::1]:993'}\n"
	             "\tbackend-tls = implicit\n"
	             "\tbackend-ca = ca.pem\n"
	             "\tbackend-name = imap.internal.example\n"
	             "\ttell = xclient\n"
	             "\tbackend-deadline = 1\n"
	             "\tbackend-check = 0\n"
	             "\tline-limit = 1000\n"
	             "\tliteral-limit = 1048576\n"
	             "\taccept-proxy = {unix, \"2001:db8::/32\", 192.0.2.1}\n"
	             "\tplaintext-deadline = 1\n"
	             "\thandshake-deadline = 604800\n"
	             "\tidle = 0\n"
	             "}\n");
	const struct config_front *front = &config.fronts[0];
	(void)state;
	assert_int_equal(config.log.level, LOG_LEVEL_DEBUG);
	assert_string_equal(front->name, "all of it");
	assert_int_equal(front->listen.count, 2);
	assert_int_equal(front->listen.list[0].address.kind, ADDRESS_UNIX);
	assert_int_equal(front->listen.list[1].line, 8);
	assert_int_equal(front->tls, CONFIG_TLS_OFFERED);
	assert_int_equal(front->certificates.count, 2);
	assert_string_equal(front->certificates.list[0].key, "b/k.pem");
	assert_int_equal(front->certificates.list[0].line, 10);
	assert_string_equal(front->certificates.list[1].chain, "c2.pem");
	assert_int_equal(front->certificates.list[1].line, 11);
	assert_int_equal(front->strict_sni, CONFIG_SNI_STRICT);
	assert_true(front->ask_client && front->backend_verify);
	assert_string_equal(front->hostname, "b.example");
	assert_string_equal(front->capabilities[0], "IMAP4rev1");
	assert_string_equal(front->capabilities[1], "SASL-IR");
	assert_string_equal(front->capabilities[2], "X \"Y\" 'Z\\");
	assert_null(front->capabilities[3]);
	assert_int_equal(front->backend.count, 2);
	assert_int_equal(front->backend.list[0].address.kind, ADDRESS_NAME);
	assert_int_equal(front->backend_tls, CONFIG_BACKEND_IMPLICIT);
	assert_string_equal(front->backend_ca, "ca.pem");
	assert_string_equal(front->backend_name, "imap.internal.example");
	assert_int_equal(front->tell, CONFIG_TELL_XCLIENT);
	assert_int_equal(front->plaintext_deadline, 1);
	assert_int_equal(front->handshake_deadline, 604800);
	assert_int_equal(front->idle, 0);
	assert_int_equal(front->backend_deadline, 1);
	assert_int_equal(front->backend_check, 0);
	assert_int_equal(front->line_limit, 1000);
	assert_int_equal(front->literal_limit, 1048576);
	assert_int_equal(front->accept_proxy_count, 3);
	assert_int_equal(front->accept_proxy[0].family, AF_UNIX);
	assert_int_equal(front->accept_proxy[1].prefix, 32);
	assert_int_equal(front->accept_proxy[2].prefix, 32);
	config_free(&config);
}

static void protocols(void **state)
{
	static const struct {
		const char *name;
		enum stls_protocol protocol;
		unsigned idle;
	} cases[] = {
	    {"smtp", STLS_SMTP, 300},
	    {"lmtp", STLS_LMTP, 300},
	    {"imap", STLS_IMAP, 1800},
	    {"pop3", STLS_POP3, 600},
	    {"sieve", STLS_SIEVE, 1800},
	    {"xmpp-client", STLS_XMPP_CLIENT, 0},
	    {"xmpp-server", STLS_XMPP_SERVER, 0},
	    {"nntp", STLS_NNTP, 180},
	};
	static const char *const modes[] = {"required", "offered", "implicit"};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int mode = 0; mode < 3; mode++) {
			char text[512];
			snprintf(text, sizeof(text),
			         CERTIFICATE "front f { protocol = %s listen = '127.0.0.1:1025' "
			                     "backend = 'unix:/run/b' tls = %s }",
			         cases[i].name, modes[mode]);
			struct config config = accepted(text);
			assert_int_equal(config.fronts[0].protocol, cases[i].protocol);
			assert_int_equal(config.fronts[0].tls, mode);
			assert_int_equal(config.fronts[0].idle, cases[i].idle);
			assert_string_equal(config_protocol_name(cases[i].protocol), cases[i].name);
			config_free(&config);
		}
	}
	assert_string_equal(config_protocol_name(STLS_LDAP), "unknown");
}

static void empty_capabilities_are_some(void **state)
{
	struct config config =
	    accepted(CERTIFICATE "front f { protocol = smtp listen = '127.0.0.1:587' tls = "
	                         "required backend = 'unix:/b' capabilities = {} }");
	(void)state;
	assert_non_null(config.fronts[0].capabilities);
	assert_null(config.fronts[0].capabilities[0]);
	config_free(&config);
}

/* Comments of all kinds, wherever they stand, and what only looks like one; lines
 * are right behind them. */
static void comments(void **state)
{
	struct config config = accepted("#\n"
	                                "# 0123456789 0123456789 0123456789 01\n"
	                                "//\n"
	                                "/**/ /* two\n"
	                                "lines, { \" ' */ certificate { chain = a//b#c\n"
	                                "key = '/*k#*/' } // front x { }\r\n"
	                                "/* * ** /* \n\n*/" GOOD_FRONT "# the end");
	(void)state;
	assert_int_equal(config.certificates.list[0].line, 5);
	assert_string_equal(config.certificates.list[0].chain, "a//b");
	assert_string_equal(config.certificates.list[0].key, "/*k#*/");
	assert_int_equal(config.fronts[0].line, 9);
	config_free(&config);
}

static void broken_text(void **state)
{
	static const struct bad cases[] = {
	    {"/* never\nends\n", {"t.conf:1: the comment that begins here has no end"}},
	    {"\n\nuser = \"starttls\nstate = /x\n",
	     {"t.conf:3: the string has no closing quote in its line"}},
	    {"user = 'starttls", {"t.conf:1: the string has no closing quote in its line"}},
	    {"user = \"a\\",
	     {"t.conf:1: in \"...\" a backslash is written \\\\ and a quote \\\"; there are no "
	      "other "
	      "escapes"}},
	    {"\nuser = \"a\\x00b\"",
	     {"t.conf:2: in \"...\" a backslash is written \\\\ and a quote \\\"; there are no "
	      "other "
	      "escapes"}},
	    {"user = \"a\tb\"", {"t.conf:1: there is a control character in this line"}},
	    {"user = a\x01", {"t.conf:1: there is a control character in this line"}},
	    {"user = a\rb", {"t.conf:1: there is a control character in this line"}},
	    {"user = 'a\x7f'", {"t.conf:1: there is a control character in this line"}},
	    {"user = \"${USER}\"",
	     {"t.conf:1: ${...} is not replaced by anything: in '...' it is taken as it is"}},
	    {"user = ${USER}", {"t.conf:1: a value with $ in it is written in quotes"}},
	    {"listen = *:25", {"t.conf:1: a value with * in it is written in quotes"}},
	    {"user = a+b", {"t.conf:1: a value with + in it is written in quotes"}},
	    {"user = a\n\nfront f {\n protocol = imap\n",
	     {"t.conf:3: the { in this line is never closed"}},
	    {"front f {\n listen = {a, b\n\n", {"t.conf:2: the { in this line is never closed"}},
	    {"user = a\n}\n", {"t.conf:2: there is no { that this } could close"}},
	    {"{{{{\n{}}}}}", {"t.conf:2: this is nested too deeply"}},
	    {"user\n= \n{ a }", {"t.conf:3: syntax: unexpected token '{'"}},
	    {"user a", {"t.conf:1: syntax: missing equal sign after option 'user'"}},
	    {"user = a b", {"t.conf:1: b: unknown key; allowed here: " TOP_KEYS}},
	    {"\nfront { }", {"t.conf:2: syntax: missing title for section 'front'"}},
	    {"certificate = x",
	     {"t.conf:1: syntax: missing opening brace for section "
	      "'certificate'"}},
	    {"user += a", {"t.conf:1: syntax: attempt to append to non-list option 'user'"}},
	    {"user =", {"t.conf:1: syntax: premature end of file"}},
	    {"front f { listen = {a b} }", {"t.conf:1: syntax: unexpected token 'b'"}},
	    {"= a", {"t.conf:1: syntax: unexpected token '='"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", "");
	/* A NUL is where C would stop to look. */
	struct config config;
	struct config_error error;
	assert_int_equal(config_read("t.conf", "user = a\0", 9, &config, &error), -1);
	assert_string_equal(error.list[0].text,
	                    "t.conf:1: there is a control character in this line");
}

static void unknown_keys(void **state)
{
	static const struct bad cases[] = {
	    {"usr = a",
	     {"t.conf:1: usr: unknown key (did you mean user?); allowed here: " TOP_KEYS}},
	    {"\nUser = a",
	     {"t.conf:2: User: unknown key (did you mean user?); allowed here: " TOP_KEYS}},
	    {"include('x')", {"t.conf:1: include: unknown key; allowed here: " TOP_KEYS}},
	    {"front a {\n\n  bakend = x\n}",
	     {"t.conf:3: bakend: unknown key (did you mean backend?); allowed in "
	      "front: " FRONT_KEYS}},
	    {"front a {\n  front b { }\n}",
	     {"t.conf:2: front: unknown key; allowed in front: " FRONT_KEYS}},
	    {"certificate {\n\tfullchain = x }",
	     {"t.conf:2: fullchain: unknown key; allowed in certificate: chain, key"}},
	    {"front a { certificate { \nkay = x } }",
	     {"t.conf:2: kay: unknown key (did you mean key?); allowed in certificate: chain, "
	      "key"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", "");
}

/* What belongs to later versions is refused in words of its own. */
static void later_sections(void **state)
{
	static const char *const names[] = {"relay"};
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char text[256], want[512];
		snprintf(text, sizeof(text), CERTIFICATE GOOD_FRONT "\n%s \"x\" { listen = a }",
		         names[i]);
		snprintf(
		    want, sizeof(want),
		    "t.conf:4: %s: this version of starttlsd has no %s; allowed here: " TOP_KEYS,
		    names[i], names[i]);
		refuse(text, (const char *const[]){want, NULL});
	}
	/* But it is no key of a front. */
	refuse("front a { relay = b }",
	       (const char *const[]){"t.conf:1: relay: unknown key; allowed in "
	                             "front: " FRONT_KEYS,
	                             NULL});
}

static void top_values(void **state)
{
	static const struct bad cases[] = {
	    {"hostname = \"\"", {"t.conf:1: hostname: this is empty"}},
	    {"\nhostname = \"mail example\"",
	     {"t.conf:2: hostname: \"mail example\" is not a host name; allowed: letters, digits "
	      "and "
	      "hyphens between dots, such as mail.example.org"}},
	    {"hostname = 192.0.2.1",
	     {"t.conf:1: hostname: \"192.0.2.1\" is not a host name; allowed: letters, digits and "
	      "hyphens between dots, such as mail.example.org"}},
	    {"user = ''", {"t.conf:1: user: this is empty"}},
	    {"state = 'memcache://host:6379/0'",
	     {"t.conf:1: state: \"memcache://host:6379/0\" is not allowed; allowed: the path of a "
	      "folder, from / on, or redis://HOST:PORT/0, rediss://..., redis+unix:/PATH"}},
	    {"log-level = verbose",
	     {"t.conf:1: log-level: \"verbose\" is not allowed; allowed: "
	      "error, warning, info, debug"}},
	    {"user = a\nuser = b", {"t.conf:2: user: this is here a second time, after line 1"}},
	    {"certificate {\n key = k }",
	     {"t.conf:1: certificate: chain is missing; a certificate has chain (PEM, leaf first) "
	      "and "
	      "key (PEM)"}},
	    {"\ncertificate { chain = c }",
	     {"t.conf:2: certificate: key is missing; a certificate has chain (PEM, leaf first) "
	      "and "
	      "key (PEM)"}},
	    {"certificate { chain = '' key = k }", {"t.conf:1: chain: this is empty"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", "\n" CERTIFICATE GOOD_FRONT);
}

static void nothing_to_do(void **state)
{
	static const struct bad cases[] = {
	    {"",
	     {"t.conf: there is no front and no policy, so nothing to do; such as: front \"imap\" "
	      "{ ... }"}},
	    {CERTIFICATE,
	     {"t.conf: there is no front and no policy, so nothing to do; such as: front \"imap\" "
	      "{ ... }"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", "");
}

static void front_values(void **state)
{
	static const struct bad cases[] = {
	    {"strict-sni = maybe",
	     {"t.conf:3: strict-sni: \"maybe\" is not allowed; allowed: auto, true, false"}},
	    {"ask-client = 1",
	     {"t.conf:3: ask-client: \"1\" is not allowed; allowed: true, false, "
	      "yes, no, on, off"}},
	    {"hostname = a..b",
	     {"t.conf:3: hostname: \"a..b\" is not a host name; allowed: letters, digits and "
	      "hyphens "
	      "between dots, such as mail.example.org"}},
	    {"capabilities = {IMAP4rev1,\n''}", {"t.conf:4: capabilities: one of them is empty"}},
	    {"backend-tls = start-tls",
	     {"t.conf:3: backend-tls: \"start-tls\" is not allowed (did you mean starttls?); "
	      "allowed: "
	      "none, starttls, implicit"}},
	    {"backend-tls = starttls backend-name = '[::1]'",
	     {"t.conf:3: backend-name: \"[::1]\" is not a host name; allowed: letters, digits and "
	      "hyphens between dots, such as mail.example.org"}},
	    {"tell = proxy",
	     {"t.conf:3: tell: \"proxy\" is not allowed; allowed: none, proxy-v1, "
	      "proxy-v2, xclient"}},
	    {"plaintext-deadline = 0",
	     {"t.conf:3: plaintext-deadline: \"0\" is not allowed; "
	      "allowed: a number of seconds from 1 to 604800"}},
	    {"handshake-deadline = -1",
	     {"t.conf:3: handshake-deadline: \"-1\" is not allowed; "
	      "allowed: a number of seconds from 1 to 604800"}},
	    {"idle = 604801",
	     {"t.conf:3: idle: \"604801\" is not allowed; allowed: a number of "
	      "seconds from 0 to 604800"}},
	    {"idle = 99999999999999999999999",
	     {"t.conf:3: idle: \"99999999999999999999999\" is not allowed; allowed: a number of "
	      "seconds from 0 to 604800"}},
	    {"idle = 5m",
	     {"t.conf:3: idle: \"5m\" is not allowed; allowed: a number of seconds from "
	      "0 to 604800"}},
	    {"idle = 1 idle = 2", {"t.conf:3: idle: this is here a second time, after line 3"}},
	    {"\nlisten = '127.0.0.1:144'",
	     {"t.conf:4: listen: this is here a second time, after line 2"}},
	    {"listen += {'127.0.0.1:99999',\n'here'}",
	     {"t.conf:3: listen: \"127.0.0.1:99999\": a port is 65535 at most",
	      "t.conf:4: listen: \"here\": the port is missing: HOST:PORT"}},
	    {"backend += '::1:143'",
	     {"t.conf:3: backend: \"::1:143\": an IPv6 address is written in brackets: [::1]:25"}},
	    {"listen += "
	     "'unix:/a-path-that-is-longer-than-what-fits-into-the-kernel-s-structure-for-"
	     "the-address-of-a-unix-domain-socket-in'",
	     {"t.conf:3: listen: "
	      "\"unix:/a-path-that-is-longer-than-what-fits-into-the-kernel-s-structure-for-the-"
	      "address-of-a-unix-domain-socket-in\": the path of a Unix socket has 107 "
	      "bytes at "
	      "most"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), OPEN, "\n}\n");
}

static void front_words(void **state)
{
	static const struct bad cases[] = {
	    {"protocol = smpt tls = required",
	     {"t.conf:3: protocol: \"smpt\" is not allowed (did you mean smtp?); allowed: smtp, "
	      "lmtp, "
	      "imap, pop3, sieve, xmpp-client, xmpp-server, nntp"}},
	    {"protocol = https tls = required",
	     {"t.conf:3: protocol: \"https\" is not allowed; allowed: smtp, "
	      "lmtp, imap, pop3, sieve, xmpp-client, xmpp-server, nntp"}},
	    {"protocol = ldap tls = required",
	     {"t.conf:3: protocol: \"ldap\" is not allowed; allowed: smtp, "
	      "lmtp, "
	      "imap, pop3, sieve, xmpp-client, xmpp-server, nntp"}},
	    {"protocol = imap\ntls = mandatory",
	     {"t.conf:4: tls: \"mandatory\" is not allowed; allowed: required, offered, implicit"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases),
	           CERTIFICATE "front f { listen = '127.0.0.1:143' backend = 'localhost:1143'\n",
	           "\n}\n");
}

static void front_needs(void **state)
{
	static const struct bad cases[] = {
	    {"tls = required listen = 'unix:/a' backend = 'unix:/b'",
	     {"t.conf:2: front \"f\": protocol is missing, such as: protocol = smtp"}},
	    {"protocol = imap tls = required backend = 'unix:/b'",
	     {"t.conf:2: front \"f\": listen is missing, such as: listen = {\"0.0.0.0:587\", "
	      "\"[::]:587\"}"}},
	    {"protocol = imap tls = required backend = 'unix:/b'\nlisten = {}",
	     {"t.conf:2: front \"f\": listen is missing, such as: listen = {\"0.0.0.0:587\", "
	      "\"[::]:587\"}"}},
	    {"protocol = imap listen = 'unix:/a' backend = 'unix:/b'",
	     {"t.conf:2: front \"f\": tls is missing, such as: tls = required"}},
	    {"protocol = imap listen = 'unix:/a' tls = required",
	     {"t.conf:2: front \"f\": backend is missing, such as: backend = "
	      "{\"127.0.0.1:10587\"}"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), CERTIFICATE "front f {\n", "\n}\n");
	refuse(
	    "\n" GOOD_FRONT,
	    (const char *const[]){"t.conf:2: front \"ok\": there is no certificate; certificate { "
	                          "chain = ... key = ... } is allowed in the front, and outside "
	                          "for all fronts",
	                          NULL});
}

static void front_titles(void **state)
{
	char text[512];
	(void)state;
	refuse(CERTIFICATE GOOD_FRONT "\nfront ok {",
	       (const char *const[]){"t.conf:4: the { in this line is never closed", NULL});
	refuse(CERTIFICATE GOOD_FRONT "\nfront ok { }",
	       (const char *const[]){"t.conf:4: syntax: found duplicate title 'ok'", NULL});
	for (int length = 0; length <= 65; length += 65) {
		snprintf(text, sizeof(text),
		         CERTIFICATE "front '%.*s' { protocol = imap listen = 'unix:/a' tls = "
		                     "required backend = 'unix:/b' }",
		         length,
		         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		refuse(text,
		       (const char *const[]){
		           "t.conf:2: front: a front has a name of 1 to 64 characters", NULL});
	}
}

/* SMTP-S-10, RFC 3207 section 4; requirements, conflict 3. */
static void port_25(void **state)
{
	static const struct bad cases[] = {
	    {"tls = required listen = '0.0.0.0:25'",
	     {"t.conf:2: tls: a mail server on port 25 must not insist on TLS (RFC 3207 section "
	      "4); "
	      "allowed: offered, or require-tls-on-25 = true if this is no public one"}},
	    {"tls = required listen = {'0.0.0.0:587', '[::]:25', '127.0.0.1:25'}",
	     {"t.conf:2: tls: a mail server on port 25 must not insist on TLS (RFC 3207 section "
	      "4); "
	      "allowed: offered, or require-tls-on-25 = true if this is no public one"}},
	    {"require-tls-on-25 = false listen = '0.0.0.0:25'\ntls = required",
	     {"t.conf:3: tls: a mail server on port 25 must not insist on TLS (RFC 3207 section "
	      "4); "
	      "allowed: offered, or require-tls-on-25 = true if this is no public one"}},
	    {"require-tls-on-25 = true tls = implicit listen = '0.0.0.0:25'",
	     {"t.conf:2: tls: nobody begins with TLS on port 25; allowed: offered"}},
	    {"require-tls-on-25 = maybe listen = '0.0.0.0:25'\ntls = always",
	     {"t.conf:2: require-tls-on-25: \"maybe\" is not allowed; allowed: true, false, yes, "
	      "no, on, off",
	      "t.conf:3: tls: \"always\" is not allowed; allowed: required, offered, implicit"}},
	};
	static const char *const good[] = {
	    "tls = offered listen = '0.0.0.0:25'",
	    "tls = required require-tls-on-25 = true listen = '0.0.0.0:25'",
	    "tls = required listen = {'0.0.0.0:587', 'unix:/25'}",
	    "tls = implicit listen = '0.0.0.0:465'",
	};
	static const char before[] = CERTIFICATE "front f { protocol = smtp backend = "
	                                         "'127.0.0.1:10025' ";
	(void)state;
	refuse_all(cases, COUNT(cases), before, " }");
	accept_all(good, COUNT(good), before, " }");
}

/* LMTP-01 */
static void lmtp_not_on_25(void **state)
{
	static const struct bad cases[] = {
	    {"listen = {'127.0.0.1:24',\n'127.0.0.1:25'} backend = 'unix:/b'",
	     {"t.conf:3: listen: \"127.0.0.1:25\": LMTP is not for port 25 (RFC 2033 section 5)"}},
	    {"listen = '127.0.0.1:24'\nbackend = {'mx.example:25'}",
	     {"t.conf:3: backend: \"mx.example:25\": LMTP is not for port 25 (RFC 2033 section "
	      "5)"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), CERTIFICATE "front f { protocol = lmtp tls = offered ",
	           "}");
	struct config config =
	    accepted(CERTIFICATE "front f { protocol = lmtp tls = offered listen = '127.0.0.1:24' "
	                         "backend = 'unix:/b' }");
	config_free(&config);
}

static void combinations(void **state)
{
	static const struct bad cases[] = {
	    {"\nbackend-verify = true",
	     {"t.conf:4: backend-verify: this does nothing without backend-tls = starttls or "
	      "implicit"}},
	    {"backend-ca = ca.pem\nbackend-name = x",
	     {"t.conf:3: backend-ca: this does nothing without backend-tls = starttls or implicit",
	      "t.conf:4: backend-name: this does nothing without backend-tls = starttls or "
	      "implicit"}},
	    {"listen += {'127.0.0.2:143',\n'localhost:143'}",
	     {"t.conf:4: listen: \"localhost:143\" is a name; allowed: IPV4:PORT, [IPV6]:PORT, "
	      "unix:/PATH"}},
	    {"backend += 'localhost:0'",
	     {"t.conf:3: backend: \"localhost:0\": nobody listens on port 0"}},
	    {"backend += '127.0.0.1:143'",
	     {"t.conf:3: backend: \"127.0.0.1:143\" is where this front itself listens"}},
	    {"backend-tls = starttls\nbackend += {'unix:/run/imap'}",
	     {"t.conf:4: backend: \"unix:/run/imap\": a Unix socket has no name to verify the "
	      "certificate by; allowed: backend-name = ..., or backend-verify = false"}},
	};
	static const char *const good[] = {
	    "backend-tls = starttls backend-verify = false backend += {'unix:/run/imap'}",
	    "backend-tls = starttls backend-name = x backend += {'unix:/run/imap'}",
	    "backend-tls = implicit backend-name = '::1'",
	    "backend-tls = implicit backend-name = 192.0.2.1",
	};
	(void)state;
	refuse_all(cases, COUNT(cases), OPEN, "\n}\n");
	accept_all(good, COUNT(good), OPEN, " }");
}

static void combinations_with_protocols(void **state)
{
	static const struct bad cases[] = {
	    {"protocol = xmpp-client tls = required capabilities = {}",
	     {"t.conf:2: capabilities: this does nothing with XMPP, which has none before TLS"}},
	    {"protocol = xmpp-server tls = required\ntell = xclient",
	     {"t.conf:3: tell: \"xclient\" is not allowed with xmpp-server; allowed: none, "
	      "proxy-v1, "
	      "proxy-v2"}},
	    {"protocol = nntp tls = required tell = xclient",
	     {"t.conf:2: tell: \"xclient\" is not allowed with nntp; allowed: none, proxy-v1, "
	      "proxy-v2"}},
	};
	static const char *const good[] = {"smtp", "lmtp", "imap", "pop3", "sieve"};
	static const char before[] =
	    CERTIFICATE "front f { listen = 'unix:/a' backend = 'unix:/b' ";
	(void)state;
	refuse_all(cases, COUNT(cases), before, " }");
	for (size_t i = 0; i < COUNT(good); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		         "%s protocol = %s tls = required tell = xclient capabilities = {a} }",
		         before, good[i]);
		struct config config = accepted(text);
		config_free(&config);
	}
}

static void listeners_are_once(void **state)
{
	static const struct bad cases[] = {
	    {"listen = {'[0::1]:143', '127.0.0.2:143', '127.0.0.1:143'} }",
	     {"t.conf:3: listen: \"127.0.0.1:143\" is the address of front \"ok\" already, in line "
	      "2"}},
	    {"\nlisten = {'[0::1]:143',\n'[::1]:143'} }",
	     {"t.conf:5: listen: \"[::1]:143\" is the address of front \"b\" already, in line 4"}},
	    {"listen = {'unix:/a',\n'unix:/a'} }",
	     {"t.conf:4: listen: \"unix:/a\" is the address of front \"b\" already, in line 3"}},
	};
	static const char before[] =
	    CERTIFICATE GOOD_FRONT "front b { protocol = imap tls = required backend = 'unix:/b' ";
	char text[512];
	(void)state;
	refuse_all(cases, COUNT(cases), before, "");
	snprintf(text, sizeof(text),
	         "%slisten = {'127.0.0.1:144', '[::1]:143', '[::1]:0', '[::1]:0'} }", before);
	struct config config = accepted(text);
	assert_int_equal(config.fronts[1].listen.count, 4);
	config_free(&config);
}

/* Many complaints: the first ones by line are kept, the others counted. */
static void many_complaints(void **state)
{
	char text[4096] = "";
	struct config config;
	struct config_error error;
	size_t used = 0;
	(void)state;
	/* Fronts without anything: four needs and a certificate each. */
	for (int i = 0; i < 20; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		                         "front f%d {\n log-level = x }\n", i);
	assert_int_equal(read_string(text, &config, &error), -1);
	assert_int_equal(error.count, 1); /* an unknown key ends the reading */
	used = 0;
	for (int i = 0; i < 20; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "front f%d { }\n", i);
	snprintf(text + used, sizeof(text) - used, "hostname = ''");
	assert_int_equal(read_string(text, &config, &error), -1);
	assert_int_equal(error.count, 101);
	for (size_t i = 0; i < CONFIG_ERRORS; i++)
		assert_int_equal(error.list[i].line, i / 5 + 1);
}

/* A complaint does not spoil the next reading. */
static void readings_are_independent(void **state)
{
	struct config config;
	struct config_error error;
	static const char *const spoilers[] = {"user = \"", "/*", "front f { listen = {", "x",
	                                       "user ="};
	(void)state;
	for (size_t i = 0; i < COUNT(spoilers); i++) {
		assert_int_equal(read_string(spoilers[i], &config, &error), -1);
		config = accepted(CERTIFICATE GOOD_FRONT);
		assert_int_equal(config.fronts[0].line, 2);
		config_free(&config);
	}
}

/* What is handed to administrators works as it is. */
static void the_example(void **state)
{
	struct config config;
	struct config_error error;
	const char *path = getenv("EXAMPLE_CONFIG");
	(void)state;
	assert_non_null(path);
	if (config_load(path, &config, &error)) {
		print_complaints(&error);
		fail();
	}
	assert_int_equal(config.front_count, 9);
	assert_int_equal(config.fronts[0].tls, CONFIG_TLS_OFFERED);
	assert_string_equal(config.fronts[8].backend_name, "news.internal.example");
	config_free(&config);
}

struct folder {
	char path[64], file[96];
};

static int make_folder(void **state)
{
	static struct folder folder;
	strcpy(folder.path, "/tmp/starttls-config-XXXXXX");
	if (!mkdtemp(folder.path))
		return -1;
	snprintf(folder.file, sizeof(folder.file), "%s/t.conf", folder.path);
	*state = &folder;
	return 0;
}

static int remove_folder(void **state)
{
	struct folder *folder = *state;
	unlink(folder->file);
	return rmdir(folder->path);
}

static void write_file(const struct folder *folder, const char *text, size_t times)
{
	FILE *file = fopen(folder->file, "w");
	assert_non_null(file);
	for (size_t i = 0; i < times; i++)
		fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Relative paths are meant from the file's folder, not from where we happen to be. */
static void files(void **state)
{
	const struct folder *folder = *state;
	struct config config;
	struct config_error error;
	char want[256];
	write_file(folder, "certificate { chain = /c.pem key = sub/k.pem }\n" GOOD_FRONT, 1);
	assert_int_equal(config_load(folder->file, &config, &error), 0);
	snprintf(want, sizeof(want), "%s/sub/k.pem", folder->path);
	assert_string_equal(config.certificates.list[0].chain, "/c.pem");
	assert_string_equal(config.certificates.list[0].key, want);
	config_free(&config);

	write_file(folder, "\nnonsense", 1);
	assert_int_equal(config_load(folder->file, &config, &error), -1);
	snprintf(want, sizeof(want), "%s:2: nonsense: unknown key; ", folder->file);
	assert_memory_equal(error.list[0].text, want, strlen(want));
}

static void assert_file_complaint(const char *path, const char *complaint)
{
	struct config config;
	struct config_error error;
	char want[256];
	assert_int_equal(config_load(path, &config, &error), -1);
	snprintf(want, sizeof(want), "%s: %s", path, complaint);
	assert_int_equal(error.count, 1);
	assert_string_equal(error.list[0].text, want);
	assert_int_equal(error.list[0].line, 0);
}

static void unreadable_files(void **state)
{
	const struct folder *folder = *state;
	assert_file_complaint(folder->path, "this is not a file");
	assert_file_complaint("/nonexistent/t.conf",
	                      "the file cannot be opened: No such file or directory");
	write_file(folder, "# 0123456789abcdef 0123456789abcd\n", 32 * 1024);
	assert_file_complaint(folder->file, "the file is larger than a configuration can be");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_contract),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(everything_said),
	    cmocka_unit_test(protocols),
	    cmocka_unit_test(empty_capabilities_are_some),
	    cmocka_unit_test(comments),
	    cmocka_unit_test(broken_text),
	    cmocka_unit_test(unknown_keys),
	    cmocka_unit_test(later_sections),
	    cmocka_unit_test(top_values),
	    cmocka_unit_test(nothing_to_do),
	    cmocka_unit_test(front_values),
	    cmocka_unit_test(front_words),
	    cmocka_unit_test(front_needs),
	    cmocka_unit_test(front_titles),
	    cmocka_unit_test(port_25),
	    cmocka_unit_test(lmtp_not_on_25),
	    cmocka_unit_test(combinations),
	    cmocka_unit_test(combinations_with_protocols),
	    cmocka_unit_test(listeners_are_once),
	    cmocka_unit_test(many_complaints),
	    cmocka_unit_test(readings_are_independent),
	    cmocka_unit_test(the_example),
	    cmocka_unit_test_setup_teardown(files, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(unreadable_files, make_folder, remove_folder),
	};
	return cmocka_run_group_tests_name("gate/config", tests, NULL, NULL);
}

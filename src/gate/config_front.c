/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/config_check.h"
#include "gate/config_front.h"
#include "gate/config_listen.h"
#include "gate/config_protocol.h"
#include "gate/config_route.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PLAINTEXT_DEADLINE 60
#define HANDSHAKE_DEADLINE 30
#define BACKEND_DEADLINE 30
#define BACKEND_CHECK 30
#define TITLE_MAX 64
#define LINE_MAX 65536
#define LITERAL_MAX 1048576
#define ELEMENT_LEAST 10000 /* RFC 6120 section 13.12 */
#define ELEMENT_MAX 1048576

static enum stls_protocol read_protocol(const struct reading *reading)
{
	struct config_word words[CONFIG_PROTOCOLS];
	for (size_t i = 0; i < CONFIG_PROTOCOLS; i++)
		words[i] = (struct config_word){config_protocols[i].name,
		                                (int)config_protocols[i].protocol};
	return (enum stls_protocol)value_word(reading, "protocol", words, COUNT(words), 0);
}

static void read_service(const struct reading *reading, struct config_front *front)
{
	static const struct config_word tls[] = {
	    {"required", CONFIG_TLS_REQUIRED},
	    {"offered", CONFIG_TLS_OFFERED},
	    {"implicit", CONFIG_TLS_IMPLICIT},
	};
	static const struct config_word sni[] = {
	    {"auto", CONFIG_SNI_AUTO},
	    {"true", CONFIG_SNI_STRICT},
	    {"false", CONFIG_SNI_LENIENT},
	};
	front->protocol = read_protocol(reading);
	front->tls =
	    (enum config_tls)value_word(reading, "tls", tls, COUNT(tls), CONFIG_TLS_REQUIRED);
	front->listen = value_addresses(reading, "listen");
	front->strict_sni = (enum config_strict_sni)value_word(reading, "strict-sni", sni,
	                                                       COUNT(sni), CONFIG_SNI_AUTO);
	front->required_on_25 = value_bool(reading, "require-tls-on-25", false);
	front->ask_client = value_bool(reading, "ask-client", false);
	front->capabilities = value_texts(reading, "capabilities");
	front->accept_proxy = value_networks(reading, "accept-proxy", &front->accept_proxy_count);
	front->certificates = value_certificates(reading);
}

static void read_backend(const struct reading *reading, struct config_front *front)
{
	static const struct config_word tls[] = {
	    {"none", CONFIG_BACKEND_PLAIN},
	    {"starttls", CONFIG_BACKEND_STARTTLS},
	    {"implicit", CONFIG_BACKEND_IMPLICIT},
	};
	static const struct config_word tell[] = {
	    {"none", CONFIG_TELL_NONE},
	    {"proxy-v1", CONFIG_TELL_PROXY_V1},
	    {"proxy-v2", CONFIG_TELL_PROXY_V2},
	    {"xclient", CONFIG_TELL_XCLIENT},
	};
	front->backend = value_addresses(reading, "backend");
	front->backend_tls = (enum config_backend_tls)value_word(reading, "backend-tls", tls,
	                                                         COUNT(tls), CONFIG_BACKEND_PLAIN);
	front->backend_verify =
	    value_bool(reading, "backend-verify", front->backend_tls != CONFIG_BACKEND_PLAIN);
	front->backend_ca = value_path(reading, "backend-ca");
	front->backend_name = value_peer_name(reading, "backend-name");
	front->tell =
	    (enum config_tell)value_word(reading, "tell", tell, COUNT(tell), CONFIG_TELL_NONE);
}

static void read_deadlines(const struct reading *reading, struct config_front *front)
{
	const struct config_protocol *protocol = config_protocol(front->protocol);
	front->plaintext_deadline =
	    value_seconds(reading, "plaintext-deadline", 1, PLAINTEXT_DEADLINE);
	front->handshake_deadline =
	    value_seconds(reading, "handshake-deadline", 1, HANDSHAKE_DEADLINE);
	front->idle = value_seconds(reading, "idle", 0, protocol ? protocol->idle : 0);
	front->backend_deadline = value_seconds(reading, "backend-deadline", 1, BACKEND_DEADLINE);
	front->backend_check = value_seconds(reading, "backend-check", 0, BACKEND_CHECK);
}

static unsigned read_octets(const struct reading *reading, const char *key, unsigned least,
                            unsigned most)
{
	const struct config_range range = {least, most, true, "a number of octets",
	                                   ", or 0 for the protocol's own"};
	return value_number(reading, key, &range, 0);
}

/* Where the protocol has such a thing; elsewhere the key is refused. */
static void read_limits(const struct reading *reading, struct config_front *front)
{
	const struct config_protocol *protocol = config_protocol(front->protocol);
	if (protocol && protocol->line_least > 0)
		front->line_limit =
		    read_octets(reading, "line-limit", protocol->line_least, LINE_MAX);
	if (protocol && protocol->literal_least > 0)
		front->literal_limit =
		    read_octets(reading, "literal-limit", protocol->literal_least, LITERAL_MAX);
	if (protocol && protocol->elements)
		front->element_limit =
		    read_octets(reading, "element-limit", ELEMENT_LEAST, ELEMENT_MAX);
}

static void check_title(const struct reading *reading, const struct config_front *front)
{
	size_t length = front->name ? strlen(front->name) : 1;
	if (length == 0 || length > TITLE_MAX)
		complain(reading->complaints, front->line,
		         "front: a front has a name of 1 to %d characters", TITLE_MAX);
}

static void complain_missing(const struct reading *reading, const char *key, const char *example)
{
	complain(reading->complaints, value_line(reading, key),
	         "front \"%.64s\": %s is missing, such as: %s = %s",
	         grammar_title(reading->section), key, key, example);
}

/* Who comes without a name needs a backend of the front's own: all where there are no
 * routes, and with tls = offered who stays in plaintext (in XMPP they have one). */
static void check_backend(const struct reading *reading, const struct config_front *front)
{
	static const char example[] = "{\"127.0.0.1:10587\"}";
	const struct config_protocol *protocol = config_protocol(front->protocol);
	if (grammar_count(reading->section, "backend") > 0)
		return;
	if (grammar_count(reading->section, "route") == 0)
		complain_missing(reading, "backend", example);
	else if (front->tls == CONFIG_TLS_OFFERED && protocol && !protocol->elements)
		complain(reading->complaints, value_line(reading, "backend"),
		         "front \"%.64s\": backend is missing: with tls = offered a client may "
		         "come without TLS, and so without a name; such as: backend = %s",
		         grammar_title(reading->section), example);
}

/* Every name has one: the front's, that of all, or, when all clients are for a
 * route, the route's. */
static bool has_certificates(const struct config *config, const struct config_front *front)
{
	if (front->certificates.count > 0 || config->certificates.count > 0)
		return true;
	for (size_t i = 0; i < front->route_count; i++)
		if (front->routes[i].certificates.count == 0)
			return false;
	return front->route_count > 0 && front->backend.count == 0;
}

static void check_needed(const struct reading *reading, const struct config *config,
                         const struct config_front *front)
{
	static const struct {
		const char *key, *example;
	} needed[] = {
	    {"protocol", "smtp"},
	    {"listen", "{\"0.0.0.0:587\", \"[::]:587\"}"},
	    {"tls", "required"},
	};
	for (size_t i = 0; i < COUNT(needed); i++)
		if (grammar_count(reading->section, needed[i].key) == 0)
			complain_missing(reading, needed[i].key, needed[i].example);
	check_backend(reading, front);
	if (!has_certificates(config, front))
		complain(
		    reading->complaints, front->line,
		    "front \"%.64s\": there is no certificate; certificate { chain = ... key = "
		    "... } is allowed in the front, and outside for all fronts",
		    grammar_title(reading->section));
}

static void read_values(const struct reading *reading, const struct config *config,
                        struct config_front *front)
{
	front->name = value_copy(reading->complaints, grammar_title(reading->section));
	front->line = grammar_line(reading->section);
	front->hostname = value_host_name(reading, "hostname");
	if (!front->hostname && config->hostname)
		front->hostname = value_copy(reading->complaints, config->hostname);
	read_service(reading, front);
	read_backend(reading, front);
	read_deadlines(reading, front);
	read_limits(reading, front);
	config_routes_read(reading, front);
	check_title(reading, front);
	check_needed(reading, config, front);
}

void front_read(const struct reading *reading, const struct config *config,
                struct config_front *front)
{
	size_t before = reading->complaints->error->count;
	read_values(reading, config, front);
	/* Whether values go together is a question for when each of them is right. */
	if (reading->complaints->error->count > before)
		return;
	listen_check(reading->complaints, &front->listen);
	check_ports(reading, front);
	check_backends(reading, front, &front->backend, front->backend_name);
	check_combinations(reading, config, front);
	config_routes_check(reading, front);
}

void front_free(struct config_front *front)
{
	for (char **one = front->capabilities; one && *one; one++)
		free(*one);
	free(front->capabilities);
	free(front->name);
	free(front->hostname);
	free(front->backend_ca);
	free(front->backend_name);
	free(front->accept_proxy);
	config_routes_free(front);
	value_free_addresses(&front->listen);
	value_free_addresses(&front->backend);
	value_free_certificates(&front->certificates);
}

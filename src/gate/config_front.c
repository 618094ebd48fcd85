/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/config_front.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PLAINTEXT_DEADLINE 60
#define HANDSHAKE_DEADLINE 30
#define TITLE_MAX 64

/* What depends on the protocol.  Idle is the least that a server must wait for a
 * client, with its source. */
static const struct trait {
	const char *name;
	enum stls_protocol protocol;
	unsigned idle;
	bool xclient;      /* has a way to tell who the client is */
	bool capabilities; /* lists them before TLS */
} traits[] = {
    {"smtp", STLS_SMTP, 300, true, true},    /* RFC 5321 section 4.5.3.2.7 */
    {"lmtp", STLS_LMTP, 300, true, true},    /* as SMTP */
    {"imap", STLS_IMAP, 1800, true, true},   /* RFC 9051 section 5.4 */
    {"pop3", STLS_POP3, 600, true, true},    /* RFC 1939 section 3 */
    {"sieve", STLS_SIEVE, 1800, true, true}, /* RFC 5804 section 1.2 */
    {"xmpp-client", STLS_XMPP_CLIENT, 0, false, false},
    {"xmpp-server", STLS_XMPP_SERVER, 0, false, false},
    {"nntp", STLS_NNTP, 180, false, true}, /* RFC 3977 section 3.1 */
};

static const struct trait *trait_of(enum stls_protocol protocol)
{
	for (size_t i = 0; i < COUNT(traits); i++)
		if (traits[i].protocol == protocol)
			return &traits[i];
	return NULL;
}

const char *config_protocol_name(enum stls_protocol protocol)
{
	const struct trait *trait = trait_of(protocol);
	return trait ? trait->name : "unknown";
}

static enum stls_protocol read_protocol(const struct reading *reading)
{
	struct config_word words[COUNT(traits)];
	for (size_t i = 0; i < COUNT(traits); i++)
		words[i] = (struct config_word){traits[i].name, (int)traits[i].protocol};
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
	front->ask_client = value_bool(reading, "ask-client", false);
	front->capabilities = value_texts(reading, "capabilities");
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
	const struct trait *trait = trait_of(front->protocol);
	front->plaintext_deadline =
	    value_seconds(reading, "plaintext-deadline", 1, PLAINTEXT_DEADLINE);
	front->handshake_deadline =
	    value_seconds(reading, "handshake-deadline", 1, HANDSHAKE_DEADLINE);
	front->idle = value_seconds(reading, "idle", 0, trait ? trait->idle : 0);
}

static void check_title(const struct reading *reading, const struct config_front *front)
{
	size_t length = front->name ? strlen(front->name) : 1;
	if (length == 0 || length > TITLE_MAX)
		complain(reading->complaints, front->line,
		         "front: a front has a name of 1 to %d characters", TITLE_MAX);
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
	    {"backend", "{\"127.0.0.1:10587\"}"},
	};
	for (size_t i = 0; i < COUNT(needed); i++)
		if (grammar_count(reading->section, needed[i].key) == 0)
			complain(reading->complaints, value_line(reading, needed[i].key),
			         "front \"%.64s\": %s is missing, such as: %s = %s",
			         grammar_title(reading->section), needed[i].key, needed[i].key,
			         needed[i].example);
	if (front->certificates.count == 0 && config->certificates.count == 0)
		complain(
		    reading->complaints, front->line,
		    "front \"%.64s\": there is no certificate; certificate { chain = ... key = "
		    "... } is allowed in the front, and outside for all fronts",
		    grammar_title(reading->section));
}

/* Whether this is a line about TCP port 25. */
static bool on_port_25(const struct config_address *address)
{
	return address->address.kind != ADDRESS_UNIX && address->address.port == 25;
}

static void check_smtp_25(const struct reading *reading, const struct config_front *front,
                          bool required_anyway, unsigned line)
{
	if (front->tls == CONFIG_TLS_REQUIRED && !required_anyway)
		complain(
		    reading->complaints, line,
		    "tls: a mail server on port 25 must not insist on TLS (RFC 3207 section "
		    "4); allowed: offered, or require-tls-on-25 = true if this is no public one");
	if (front->tls == CONFIG_TLS_IMPLICIT)
		complain(reading->complaints, line,
		         "tls: nobody begins with TLS on port 25; allowed: offered");
}

static void check_ports(const struct reading *reading, const struct config_front *front)
{
	bool required_anyway = value_bool(reading, "require-tls-on-25", false);
	bool told = false;
	for (size_t i = 0; i < front->listen.count; i++) {
		const struct config_address *address = &front->listen.list[i];
		if (!on_port_25(address))
			continue;
		if (front->protocol == STLS_LMTP)
			complain(reading->complaints, address->line,
			         "listen: \"%s\": LMTP is not for port 25 (RFC 2033 section 5)",
			         address->text);
		if (front->protocol == STLS_SMTP && !told)
			check_smtp_25(reading, front, required_anyway, value_line(reading, "tls"));
		told = true;
	}
}

/* Where to listen is said by address: a name may have several, or another one
 * tomorrow. */
static void check_listeners(const struct reading *reading, const struct config_front *front)
{
	for (size_t i = 0; i < front->listen.count; i++)
		if (front->listen.list[i].address.kind == ADDRESS_NAME)
			complain(reading->complaints, front->listen.list[i].line,
			         "listen: \"%s\" is a name; allowed: IPV4:PORT, [IPV6]:PORT, "
			         "unix:/PATH",
			         front->listen.list[i].text);
}

static void check_loop(const struct reading *reading, const struct config_front *front,
                       const struct config_address *backend)
{
	for (size_t i = 0; i < front->listen.count; i++)
		if (address_equal(&front->listen.list[i].address, &backend->address))
			complain(reading->complaints, backend->line,
			         "backend: \"%s\" is where this front itself listens",
			         backend->text);
}

static void check_backends(const struct reading *reading, const struct config_front *front)
{
	for (size_t i = 0; i < front->backend.count; i++) {
		const struct config_address *address = &front->backend.list[i];
		bool is_unix = address->address.kind == ADDRESS_UNIX;
		check_loop(reading, front, address);
		if (!is_unix && address->address.port == 0)
			complain(reading->complaints, address->line,
			         "backend: \"%s\": nobody listens on port 0", address->text);
		if (on_port_25(address) && front->protocol == STLS_LMTP)
			complain(reading->complaints, address->line,
			         "backend: \"%s\": LMTP is not for port 25 (RFC 2033 section 5)",
			         address->text);
		if (is_unix && front->backend_verify && !front->backend_name)
			complain(reading->complaints, address->line,
			         "backend: \"%s\": a Unix socket has no name to verify the "
			         "certificate by; allowed: backend-name = ..., or backend-verify = "
			         "false",
			         address->text);
	}
}

/* A setting that would do nothing is a misunderstanding. */
static void check_useless(const struct reading *reading, const char *key, bool useless,
                          const char *because)
{
	if (useless && grammar_given(reading->section, key))
		complain(reading->complaints, value_line(reading, key), "%s: this does nothing %s",
		         key, because);
}

static void check_combinations(const struct reading *reading, const struct config_front *front)
{
	static const char *const for_tls[] = {"backend-verify", "backend-ca", "backend-name"};
	const struct trait *trait = trait_of(front->protocol);
	bool plain = front->backend_tls == CONFIG_BACKEND_PLAIN;
	for (size_t i = 0; i < COUNT(for_tls); i++)
		check_useless(reading, for_tls[i], plain,
		              "without backend-tls = starttls or implicit");
	check_useless(reading, "capabilities", trait && !trait->capabilities,
	              "with XMPP, which has none before TLS");
	if (front->tell == CONFIG_TELL_XCLIENT && trait && !trait->xclient)
		complain(
		    reading->complaints, value_line(reading, "tell"),
		    "tell: \"xclient\" is not allowed with %s; allowed: none, proxy-v1, proxy-v2",
		    trait->name);
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
	check_title(reading, front);
	check_needed(reading, config, front);
}

void front_read(const struct complaints *complaints, struct cfg_t *section,
                const struct config *config, struct config_front *front)
{
	struct reading reading = {complaints, section};
	size_t before = complaints->error->count;
	read_values(&reading, config, front);
	/* Whether values go together is a question for when each of them is right. */
	if (complaints->error->count > before)
		return;
	check_listeners(&reading, front);
	check_ports(&reading, front);
	check_backends(&reading, front);
	check_combinations(&reading, front);
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
	value_free_addresses(&front->listen);
	value_free_addresses(&front->backend);
	value_free_certificates(&front->certificates);
}

/* Port 0 is another one each time. */
static bool is_same_listener(const struct config_address *a, const struct config_address *b)
{
	return (a->address.kind == ADDRESS_UNIX || a->address.port != 0) &&
	       address_equal(&a->address, &b->address);
}

/* The listener before this one, in order of the file, on the same address. */
static const struct config_address *find_same(const struct config *config,
                                              const struct config_address *address,
                                              const struct config_front **owner)
{
	for (size_t f = 0; f < config->front_count; f++) {
		const struct config_addresses *listen = &config->fronts[f].listen;
		*owner = &config->fronts[f];
		for (size_t i = 0; i < listen->count; i++) {
			if (&listen->list[i] == address)
				return NULL;
			if (is_same_listener(&listen->list[i], address))
				return &listen->list[i];
		}
	}
	return NULL;
}

void front_check_listeners(const struct complaints *complaints, const struct config *config)
{
	for (size_t f = 0; f < config->front_count; f++) {
		const struct config_addresses *listen = &config->fronts[f].listen;
		for (size_t i = 0; i < listen->count; i++) {
			const struct config_front *owner;
			const struct config_address *same =
			    find_same(config, &listen->list[i], &owner);
			if (same)
				complain(
				    complaints, listen->list[i].line,
				    "listen: \"%s\" is the address of front \"%.64s\" already, "
				    "in line %u",
				    listen->list[i].text, owner->name, same->line);
		}
	}
}

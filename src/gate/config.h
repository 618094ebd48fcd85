/* SPDX-License-Identifier: ISC */
/*
 * The configuration of starttlsd as plain values: read from a file, checked, with
 * every default in place.  What it says is documented in starttlsd.conf(5).
 *
 * Whether certificates and keys are any good is for the TLS room to say; their
 * lines are kept for that.
 */
#ifndef GATE_CONFIG_H
#define GATE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>
#include <starttls/policy.h>

#include "loop/log.h"
#include "names/address.h"
#include "names/network.h"

enum config_tls { CONFIG_TLS_REQUIRED, CONFIG_TLS_OFFERED, CONFIG_TLS_IMPLICIT };

enum config_backend_tls { CONFIG_BACKEND_PLAIN, CONFIG_BACKEND_STARTTLS, CONFIG_BACKEND_IMPLICIT };

enum config_tell {
	CONFIG_TELL_NONE,
	CONFIG_TELL_PROXY_V1,
	CONFIG_TELL_PROXY_V2,
	CONFIG_TELL_XCLIENT
};

/* What a client gets whose SNI no certificate has: an alert (strict, RFC 9325
 * section 3.7), the first certificate (lenient, RFC 7672 section 8.1), or what the
 * front seems to be for (auto). */
enum config_strict_sni { CONFIG_SNI_AUTO, CONFIG_SNI_STRICT, CONFIG_SNI_LENIENT };

struct config_address {
	struct address address;
	char *text; /* as written */
	unsigned line;
};

struct config_addresses {
	struct config_address *list;
	size_t count;
};

struct config_certificate {
	char *chain, *key; /* relative ones are below the configuration's own folder */
	unsigned line;     /* where its section begins */
};

struct config_certificates {
	struct config_certificate *list;
	size_t count;
};

/* Whom a name in SNI, or in XMPP's "to", leads to. */
struct config_route {
	char *name;    /* "example.org", or "*.example.org" for the names one label below it */
	unsigned line; /* where its section begins */
	struct config_addresses backend;
	char *backend_name;                      /* NULL: as with the front's */
	struct config_certificates certificates; /* beside the front's */
};

struct config_front {
	char *name;
	unsigned line; /* where its section begins */
	enum stls_protocol protocol;
	enum config_tls tls;
	struct config_addresses listen, backend;
	enum config_backend_tls backend_tls;
	bool backend_verify; /* false where backend_tls is plain */
	char *backend_ca;    /* NULL: the system's authorities */
	char *backend_name;  /* NULL: the host of the backend's address, which is not a
	                      * Unix socket's where the certificate is verified */
	enum config_tell tell;
	char *hostname;      /* of the front, or that of all */
	char **capabilities; /* NULL: the backend is asked; else the last one is NULL */
	unsigned plaintext_deadline, handshake_deadline, idle; /* seconds; idle 0: none */
	unsigned backend_deadline; /* seconds for the service to be ready for a session */
	unsigned backend_check;    /* seconds between two looks at each backend; 0: none */
	/* Octets, before TLS; 0: the protocol's own. */
	unsigned line_limit, literal_limit, element_limit;
	struct network *accept_proxy; /* who begins with a PROXY header */
	size_t accept_proxy_count;
	struct config_route *routes;
	size_t route_count;
	enum config_strict_sni strict_sni;
	bool ask_client;
	bool required_on_25; /* TLS on port 25, too: it is no public mail server */
	/* Those of the front's own; when there are none, those of all. */
	struct config_certificates certificates;
};

/* How a policy service is asked. */
enum config_policy_speaks { CONFIG_POLICY_SOCKETMAP, CONFIG_POLICY_TCP_TABLE, CONFIG_POLICY_JSON };

/* A service that answers what outgoing mail has to have, see <starttls/policy.h>. */
struct config_policy {
	char *name;
	unsigned line; /* where its section begins */
	struct config_addresses listen;
	enum config_policy_speaks speaks;
	enum stls_level floor;
	bool dane, mta_sts, both, unfetched_defers; /* as in struct stls_case_spec */
	unsigned deadline;                          /* seconds for an answer to be found out */
};

/* What the operator has decided for a destination. */
struct config_override {
	char *destination;
	struct stls_destination to; /* the same */
	unsigned line;
	enum stls_level level;
	char **names; /* NULL, or the last one is NULL */
	char *reason;
	int64_t expires; /* or STLS_NEVER */
};

struct config_resolver {
	unsigned line;
	char *config;  /* unbound's; NULL: the system's forwarders */
	char *ca_file; /* for fetching policies; NULL: the system's authorities */
};

/* Of the daemon as a whole; 0: none. */
struct config_limits {
	unsigned connections;             /* at once */
	unsigned connections_per_address; /* at once; an IPv6 address is its /64 */
	unsigned handshakes_per_address;  /* in a minute */
	unsigned memory;                  /* MiB */
};

enum config_log_format { CONFIG_LOG_LOGFMT, CONFIG_LOG_JSON };
enum config_log_to { CONFIG_LOG_STDERR, CONFIG_LOG_JOURNAL, CONFIG_LOG_SYSLOG };

struct config_log {
	enum log_level level;
	enum config_log_format format;
	enum config_log_to to;
	unsigned rate; /* lines a second that strangers can cause; 0: no limit */
};

struct config {
	char *hostname; /* the system's when the file does not say */
	char *state;
	unsigned state_line; /* 0: the file does not say */
	char *user;
	struct config_log log;
	unsigned workers; /* as many as there are processors when the file does not say */
	bool sandbox;
	unsigned drain;              /* seconds that sessions have to end after SIGTERM */
	unsigned watch_certificates; /* seconds between two looks at their files; 0: none */
	struct config_limits limits;
	struct config_addresses metrics; /* where they are listened for; may be none */
	struct config_certificates certificates;
	struct config_front *fronts;
	size_t front_count;
	struct config_policy *policies;
	size_t policy_count;
	struct config_override *overrides;
	size_t override_count;
	struct stls_ratchet_settings ratchet;
	struct config_resolver resolver;
};

/* What is wrong with a configuration: lines to print as they are, of the form
 * "FILE:LINE: KEY: ...", ordered by line.  More are counted than kept. */
#define CONFIG_ERRORS 16

struct config_complaint {
	unsigned line; /* 0: the file as a whole */
	char text[768];
};

struct config_error {
	size_t count;
	struct config_complaint list[CONFIG_ERRORS];
};

/* 0, or -1 with at least one complaint and nothing to free. */
int config_load(const char *path, struct config *, struct config_error *);

/* The same with a text; path is only a name. */
int config_read(const char *path, const char *text, size_t length, struct config *,
                struct config_error *);

void config_free(struct config *);

/* Whether what is kept is shared with other machines. */
bool config_shares_state(const struct config *);

/* A protocol as configurations write it: "xmpp-client". */
const char *config_protocol_name(enum stls_protocol);

#endif

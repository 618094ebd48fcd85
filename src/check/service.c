/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "check/service.h"

struct scheme {
	const char *name;
	enum stls_protocol protocol;
	enum stls_layer layer;
};

static const struct scheme schemes[] = {
    {"smtp", STLS_SMTP, STLS_PLAINTEXT},
    {"smtps", STLS_SMTP, STLS_IMPLICIT},
    {"lmtp", STLS_LMTP, STLS_PLAINTEXT},
    {"imap", STLS_IMAP, STLS_PLAINTEXT},
    {"imaps", STLS_IMAP, STLS_IMPLICIT},
    {"pop3", STLS_POP3, STLS_PLAINTEXT},
    {"pop3s", STLS_POP3, STLS_IMPLICIT},
    {"sieve", STLS_SIEVE, STLS_PLAINTEXT},
    {"xmpp", STLS_XMPP_CLIENT, STLS_PLAINTEXT},
    {"xmpps", STLS_XMPP_CLIENT, STLS_IMPLICIT},
    {"xmpp-server", STLS_XMPP_SERVER, STLS_PLAINTEXT},
    {"xmpps-server", STLS_XMPP_SERVER, STLS_IMPLICIT},
    {"nntp", STLS_NNTP, STLS_PLAINTEXT},
    {"nntps", STLS_NNTP, STLS_IMPLICIT},
    {"ftp", STLS_FTP, STLS_PLAINTEXT},
    {"ftps", STLS_FTP, STLS_IMPLICIT},
    {"ldap", STLS_LDAP, STLS_PLAINTEXT},
    {"ldaps", STLS_LDAP, STLS_IMPLICIT},
    {"irc", STLS_IRC, STLS_PLAINTEXT},
    {"ircs", STLS_IRC, STLS_IMPLICIT},
    {"postgres", STLS_POSTGRES, STLS_PLAINTEXT},
    {"mysql", STLS_MYSQL, STLS_PLAINTEXT},
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

size_t service_schemes(char *out, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < SCHEMES && length < size; i++)
		length += (size_t)snprintf(out + length, size - length, "%s%s", i > 0 ? ", " : "",
		                           schemes[i].name);
	return length;
}

static const struct scheme *scheme_named(const char *name, size_t length)
{
	for (size_t i = 0; i < SCHEMES; i++)
		if (strlen(schemes[i].name) == length &&
		    strncasecmp(schemes[i].name, name, length) == 0)
			return &schemes[i];
	return NULL;
}

static const char *scheme_for(enum stls_protocol protocol, enum stls_layer layer)
{
	for (size_t i = 0; i < SCHEMES; i++)
		if (schemes[i].protocol == protocol && schemes[i].layer == layer)
			return schemes[i].name;
	return "";
}

void service_of_host(struct service *service, const struct stls_host *host, char url[SERVICE_URL])
{
	*service = (struct service){
	    .url = url,
	    .protocol = host->protocol,
	    .layer = host->layer,
	    .address = {.kind = ADDRESS_NAME, .port = (uint16_t)host->port},
	};
	snprintf(service->address.host, sizeof(service->address.host), "%s", host->name);
	snprintf(url, SERVICE_URL, "%s://%s:%u", scheme_for(host->protocol, host->layer),
	         host->name, host->port);
}

static int complain(struct service_error *error, const char *what)
{
	snprintf(error->text, sizeof(error->text), "%s", what);
	return -1;
}

static int complain_scheme(struct service_error *error)
{
	size_t length =
	    (size_t)snprintf(error->text, sizeof(error->text),
	                     "a URL is SCHEME://HOST[:PORT], with one of these schemes: ");

	service_schemes(error->text + length, sizeof(error->text) - length);
	return -1;
}

static bool has_port(const char *authority)
{
	const char *bracket = strchr(authority, ']');

	return strchr(bracket != NULL ? bracket : authority, ':') != NULL;
}

/* HOST[:PORT], with the scheme's own port where there is none. */
static int parse_authority(struct service *service, const char *text, size_t length,
                           struct service_error *error)
{
	char authority[300];
	const char *wrong;
	int written;

	if (memchr(text, '@', length) != NULL)
		return complain(error, "a user does not belong into the URL: "
		                       "use --user NAME --password-file FILE");
	written = snprintf(authority, sizeof(authority), "%.*s", (int)length, text);
	if (written >= (int)sizeof(authority) - 8)
		return complain(error, "a host name has 253 characters at most");
	if (!has_port(authority))
		snprintf(authority + written, sizeof(authority) - (size_t)written, ":%u",
		         stls_port(service->protocol, service->layer));
	wrong = address_parse(&service->address, authority);
	if (wrong == NULL && service->address.port == 0)
		wrong = "a port is 1 at least";
	return wrong == NULL ? 0 : complain(error, wrong);
}

int service_parse(struct service *service, const char *url, struct service_error *error)
{
	const char *colon = strstr(url, "://"), *text;
	const struct scheme *scheme;
	size_t length;

	if (colon == NULL)
		return complain_scheme(error);
	scheme = scheme_named(url, (size_t)(colon - url));
	if (scheme == NULL)
		return complain_scheme(error);
	*service =
	    (struct service){.url = url, .protocol = scheme->protocol, .layer = scheme->layer};
	text = colon + strlen("://");
	length = strcspn(text, "/?#");
	if (text[length] != '\0' && strcmp(text + length, "/") != 0)
		return complain(error, "nothing belongs behind the host and port");
	return parse_authority(service, text, length, error);
}

/* ---- names ---- */

static void copy_name(char out[256], const char *name)
{
	size_t length = (size_t)snprintf(out, 256, "%s", name);

	if (length > 0 && length < 256 && out[length - 1] == '.')
		out[length - 1] = '\0';
}

static void want(struct service_names *names, enum stls_id_kind kind, const void *bytes,
                 size_t length)
{
	names->wanted[names->count++] =
	    (struct stls_id){.kind = kind, .bytes = bytes, .length = length};
}

static void want_text(struct service_names *names, enum stls_id_kind kind, const char *text)
{
	want(names, kind, text, strlen(text));
}

static size_t address_bytes(const char *host, unsigned char ip[16])
{
	if (inet_pton(AF_INET, host, ip) == 1)
		return 4;
	return inet_pton(AF_INET6, host, ip) == 1 ? 16 : 0;
}

/* RFC 6186, RFC 5804 section 1.8 and RFC 6120 section 13.7.1.2: the service
 * names that an SRV-ID for this may have; the second one or NULL. */
static const char *srv_service(const struct service *service, size_t index)
{
	static const char *const names[][2] = {
	    [STLS_SMTP] = {"submission", "submissions"},
	    [STLS_IMAP] = {"imap", "imaps"},
	    [STLS_POP3] = {"pop3", "pop3s"},
	    [STLS_SIEVE] = {"sieve", "sieve"},
	    [STLS_XMPP_CLIENT] = {"xmpp-client", "xmpps-client"},
	    [STLS_XMPP_SERVER] = {"xmpp-server", "xmpps-server"},
	};
	size_t count = sizeof(names) / sizeof(names[0]);

	if ((size_t)service->protocol >= count)
		return NULL;
	return names[service->protocol][index];
}

static bool is_xmpp(const struct service *service)
{
	return service->protocol == STLS_XMPP_CLIENT || service->protocol == STLS_XMPP_SERVER;
}

/* ID-09: the domain, and the service of that domain by its SRV name. */
static void want_domain(const struct service *service, struct service_names *names)
{
	const char *srv = srv_service(service, service->layer == STLS_IMPLICIT);

	want_text(names, STLS_DNS_ID, names->served);
	if (srv == NULL)
		return;
	snprintf(names->srv[0], sizeof(names->srv[0]), "_%s.%s", srv, names->served);
	want_text(names, STLS_SRV_ID, names->srv[0]);
	if (is_xmpp(service))
		want_text(names, STLS_XMPP_ID, names->served);
}

static void want_host(struct service_names *names)
{
	size_t length = address_bytes(names->host, names->ip);

	if (length > 0)
		want(names, STLS_IP_ID, names->ip, length);
	else
		want_text(names, STLS_DNS_ID, names->host);
}

void service_names(const struct service *service, const char *servername, const char *domain,
                   struct service_names *names)
{
	bool named, same;

	*names = (struct service_names){0};
	copy_name(names->host, servername != NULL ? servername : service->address.host);
	copy_name(names->served, domain != NULL ? domain : names->host);
	named = address_bytes(names->served, names->ip) == 0;
	same = strcasecmp(names->served, names->host) == 0;
	if (named)
		want_domain(service, names);
	/* An XMPP server answers for its domain; which host that is proves nothing
	 * (RFC 6120 section 13.7.2.1). */
	if (!named || (!is_xmpp(service) && !same))
		want_host(names);
	if (is_xmpp(service))
		names->domain = names->served;
	names->sni = is_xmpp(service) ? names->served : names->host;
	if (address_bytes(names->sni, names->ip) > 0)
		names->sni = NULL;
}

void service_names_of(const struct stls_host *host, const char *domain, struct service_names *names)
{
	bool xmpp = host->protocol == STLS_XMPP_CLIENT || host->protocol == STLS_XMPP_SERVER;

	*names = (struct service_names){.sni = host->sni};
	copy_name(names->host, host->name);
	copy_name(names->served, domain);
	if (xmpp)
		names->domain = names->served;
	for (size_t i = 0; i < host->wanted_count && i < SERVICE_NAMES; i++)
		names->wanted[names->count++] = host->wanted[i];
}

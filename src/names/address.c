/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "names/address.h"

static const char unix_prefix[] = "unix:";

static const char *parse_unix(struct address *address, const char *path)
{
	if (path[0] != '/')
		return "the path of a Unix socket begins with a slash: unix:/path";
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "the path of a Unix socket has 107 bytes at most";
	address->kind = ADDRESS_UNIX;
	strcpy(address->host, path);
	return NULL;
}

static const char *parse_port(struct address *address, const char *text)
{
	unsigned port = 0;
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || text[digits] != '\0')
		return "the port is a number";
	for (size_t i = 0; i < digits; i++) {
		port = port * 10 + (unsigned)(text[i] - '0');
		if (port > UINT16_MAX)
			return "a port is 65535 at most";
	}
	address->port = (uint16_t)port;
	return NULL;
}

/* An IPv6 address with or without "%interface". */
static int is_ip6(const char *host)
{
	struct in6_addr ignored;
	char plain[INET6_ADDRSTRLEN];
	size_t length = strcspn(host, "%");
	if (length >= sizeof(plain) || (host[length] == '%' && host[length + 1] == '\0'))
		return 0;
	memcpy(plain, host, length);
	plain[length] = '\0';
	return inet_pton(AF_INET6, plain, &ignored) == 1;
}

/* Labels of letters, digits, hyphens and underscores (RFC 1123 section 2.1; the
 * underscore is what container networks are full of). */
static int is_name(const char *host)
{
	size_t label = 0;
	for (; *host; host++) {
		if (*host == '.') {
			if (label == 0)
				return 0;
			label = 0;
			continue;
		}
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
		            *host))
			return 0;
		if (++label > 63 || (label == 1 && *host == '-'))
			return 0;
	}
	return 1; /* one trailing dot is fine */
}

/* 192.0.2 and 300.1.1.1 are no names that anybody has (RFC 3696 section 2: a top
 * level domain is not all digits), but mistyped addresses. */
static int looks_like_ip4(const char *host)
{
	const char *last = strrchr(host, '.');
	last = last ? last + 1 : host;
	return *last != '\0' && last[strspn(last, "0123456789")] == '\0';
}

static const char *parse_host(struct address *address)
{
	struct in_addr ignored;
	const char *host = address->host;
	if (host[0] == '\0')
		return "there is no host before the port (0.0.0.0 and [::] are all addresses)";
	if (inet_pton(AF_INET, host, &ignored) == 1) {
		address->kind = ADDRESS_IP4;
		return NULL;
	}
	if (strchr(host, ':'))
		return is_ip6(host) ? "an IPv6 address is written in brackets: [::1]:25"
		                    : "this is not HOST:PORT, [IPV6]:PORT or unix:/PATH";
	if (looks_like_ip4(host))
		return "this is not an IPv4 address";
	address->kind = ADDRESS_NAME;
	return is_name(host) ? NULL : "this is not a host name";
}

static const char *copy_host(struct address *address, const char *text, size_t length)
{
	if (length >= sizeof(address->host))
		return "a host name has 253 characters at most";
	memcpy(address->host, text, length);
	address->host[length] = '\0';
	return NULL;
}

static const char *parse_bracketed(struct address *address, const char *text)
{
	const char *end = strchr(text, ']');
	if (!end || end[1] != ':')
		return "this is not [IPV6]:PORT";
	const char *wrong = copy_host(address, text + 1, (size_t)(end - text) - 1);
	if (wrong)
		return wrong;
	if (!is_ip6(address->host))
		return "what is in brackets is not an IPv6 address";
	address->kind = ADDRESS_IP6;
	return parse_port(address, end + 2);
}

const char *address_parse(struct address *address, const char *text)
{
	memset(address, 0, sizeof(*address));
	if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0)
		return parse_unix(address, text + strlen(unix_prefix));
	if (text[0] == '[')
		return parse_bracketed(address, text);
	const char *colon = strrchr(text, ':');
	if (!colon)
		return "the port is missing: HOST:PORT";
	const char *wrong = copy_host(address, text, (size_t)(colon - text));
	if (!wrong)
		wrong = parse_host(address);
	return wrong ? wrong : parse_port(address, colon + 1);
}

static int socket_unix(const char *path, struct address_socket *out)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->storage;
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path); /* measured by parse_unix() */
	out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
	return 0;
}

static int socket_ip4(const struct address *address, struct address_socket *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&out->storage;
	in->sin_family = AF_INET;
	in->sin_port = htons(address->port);
	out->length = sizeof(*in);
	return inet_pton(AF_INET, address->host, &in->sin_addr) == 1 ? 0 : -1;
}

static int socket_ip6(const struct address *address, struct address_socket *out)
{
	struct sockaddr_in6 *in = (struct sockaddr_in6 *)&out->storage;
	char host[sizeof(address->host)];
	strcpy(host, address->host);
	char *zone = strchr(host, '%');
	if (zone) {
		*zone++ = '\0';
		in->sin6_scope_id = if_nametoindex(zone);
		if (in->sin6_scope_id == 0)
			in->sin6_scope_id = (uint32_t)strtoul(zone, NULL, 10);
		if (in->sin6_scope_id == 0)
			return -1;
	}
	in->sin6_family = AF_INET6;
	in->sin6_port = htons(address->port);
	out->length = sizeof(*in);
	return inet_pton(AF_INET6, host, &in->sin6_addr) == 1 ? 0 : -1;
}

int address_socket(const struct address *address, struct address_socket *out)
{
	memset(out, 0, sizeof(*out));
	switch (address->kind) {
	case ADDRESS_UNIX: return socket_unix(address->host, out);
	case ADDRESS_IP4: return socket_ip4(address, out);
	case ADDRESS_IP6: return socket_ip6(address, out);
	case ADDRESS_NAME: break;
	}
	return -1;
}

void address_set_port(struct address_socket *socket, uint16_t port)
{
	if (socket->storage.ss_family == AF_INET)
		((struct sockaddr_in *)&socket->storage)->sin_port = htons(port);
	if (socket->storage.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&socket->storage)->sin6_port = htons(port);
}

int address_equal(const struct address *a, const struct address *b)
{
	struct address_socket left, right;
	if (a->kind != b->kind || a->port != b->port)
		return 0;
	/* 0:0::1 and ::1 are the same, so the sockets are compared. */
	if (address_socket(a, &left) || address_socket(b, &right))
		return strcasecmp(a->host, b->host) == 0;
	return left.length == right.length &&
	       memcmp(&left.storage, &right.storage, left.length) == 0;
}

static size_t resolve_name(const struct address *address, struct address_socket *out, size_t room,
                           const char **reason)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
	char port[8];
	size_t count = 0;
	snprintf(port, sizeof(port), "%u", address->port);
	int error = getaddrinfo(address->host, port, &hints, &list);
	if (error) {
		*reason = gai_strerror(error);
		return 0;
	}
	for (struct addrinfo *one = list; one && count < room; one = one->ai_next) {
		if (one->ai_addrlen > sizeof(out->storage))
			continue;
		memset(&out[count], 0, sizeof(out[count]));
		memcpy(&out[count].storage, one->ai_addr, one->ai_addrlen);
		out[count++].length = one->ai_addrlen;
	}
	freeaddrinfo(list);
	return count;
}

size_t address_resolve(const struct address *address, struct address_socket *out, size_t room,
                       const char **reason)
{
	*reason = "";
	if (address->kind == ADDRESS_NAME)
		return resolve_name(address, out, room, reason);
	if (room > 0 && address_socket(address, out) == 0)
		return 1;
	*reason = "there is no such interface";
	return 0;
}

static void format_unix(char out[ADDRESS_TEXT], const struct sockaddr_un *un, socklen_t length)
{
	size_t offset = offsetof(struct sockaddr_un, sun_path);
	size_t room = length > offset ? length - offset : 0;
	/* Unnamed or abstract: nothing that could be written down. */
	if (room == 0 || un->sun_path[0] == '\0')
		room = 0;
	snprintf(out, ADDRESS_TEXT, "unix:%.*s", (int)room, un->sun_path);
}

static void format_ip6(char out[ADDRESS_TEXT], const struct sockaddr_in6 *in)
{
	char host[INET6_ADDRSTRLEN] = "", zone[16] = "";
	inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
	if (in->sin6_scope_id)
		snprintf(zone, sizeof(zone), "%%%u", in->sin6_scope_id);
	snprintf(out, ADDRESS_TEXT, "[%s%s]:%u", host, zone, ntohs(in->sin6_port));
}

char *address_format(char out[ADDRESS_TEXT], const struct sockaddr *socket, socklen_t length)
{
	char host[INET_ADDRSTRLEN] = "";
	if (socket->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)socket;
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out, ADDRESS_TEXT, "%s:%u", host, ntohs(in->sin_port));
	} else if (socket->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
		format_ip6(out, (const struct sockaddr_in6 *)socket);
	} else if (socket->sa_family == AF_UNIX) {
		format_unix(out, (const struct sockaddr_un *)socket, length);
	} else {
		strcpy(out, "unknown");
	}
	return out;
}

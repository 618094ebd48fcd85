/* SPDX-License-Identifier: ISC */
/*
 * The PROXY protocol, versions 1 and 2: a header in front of a connection, by
 * which a gateway tells the service behind it who the client is and what its TLS
 * is like.  Pure: addresses are bytes here, not sockaddrs.
 *
 * Specification: haproxy, doc/proxy-protocol.txt.
 */
#ifndef WIRE_PROXY_H
#define WIRE_PROXY_H

#include <stddef.h>
#include <stdint.h>

enum proxy_family {
	PROXY_UNKNOWN, /* the ends are those of the connection itself */
	PROXY_TCP4,
	PROXY_TCP6,
	PROXY_UDP4, /* read only, as the next two */
	PROXY_UDP6,
	PROXY_UNIX /* the paths are not kept */
};

struct proxy_end {
	uint8_t address[16]; /* the first four bytes with IPv4 */
	uint16_t port;
};

/* Borrowed bytes without a terminating NUL; bytes is NULL when there are none. */
struct proxy_text {
	const char *bytes;
	size_t length;
};

struct proxy_facts {
	int local; /* v2: the gateway speaks for itself, not for a client */
	enum proxy_family family;
	struct proxy_end source, destination;

	/* The rest is v2 only. */
	struct proxy_text alpn;
	struct proxy_text authority; /* the SNI as sent */
	int tls;                     /* the client speaks TLS; the others mean nothing without */
	int certificate;             /* it has shown a certificate, */
	int resumed_certificate;     /* or did in the session that was resumed, */
	int verified;                /* and that was good */
	struct proxy_text version;   /* "TLSv1.3" */
	struct proxy_text cipher;
	struct proxy_text common_name; /* of the client's certificate */
};

/* The longest header: written ones stay below PROXY_ROOM, so that one write and
 * any receiver's buffer hold them; longer ones than PROXY_MAX are not read. */
#define PROXY_ROOM 4096
#define PROXY_MAX 16384

/* When both ends are IPv4 addresses mapped into IPv6 (RFC 4291 section 2.5.5.2),
 * as sockets for both families show them: makes them IPv4. */
void proxy_unmap(struct proxy_facts *);

/*
 * Writes a header and returns its length, or 0 when it does not fit.  What is
 * neither TCP4 nor TCP6 is told as "UNKNOWN" by v1 and as a LOCAL header by v2:
 * receivers then take the connection's own ends.  checksum: with a CRC32C TLV.
 */
size_t proxy_write_v1(char *out, size_t room, const struct proxy_facts *);
size_t proxy_write_v2(uint8_t *out, size_t room, const struct proxy_facts *, int checksum);

/*
 * Reads a header of either version from the front of a connection whose sender
 * is known to write one (its presence must never be guessed).  Returns its
 * length; 0 when more bytes are needed; -1 when this is no valid header.  Texts
 * point into bytes.  Nothing behind the header is looked at.
 */
ptrdiff_t proxy_read(const uint8_t *bytes, size_t count, struct proxy_facts *);

#endif

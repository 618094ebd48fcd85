/* SPDX-License-Identifier: ISC */
/* What the writer and the reader of PROXY v2 headers share. */
#ifndef WIRE_PROXY_V2_H
#define WIRE_PROXY_V2_H

#include <stddef.h>
#include <stdint.h>

#define PROXY_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define PROXY_SIGNATURE_SIZE 12
#define PROXY_HEAD 16 /* signature, version and command, family, length */

enum { PROXY_COMMAND_LOCAL = 0x20, PROXY_COMMAND_PROXY = 0x21 };

/* TLV types, sections 2.2.1 to 2.2.8. */
enum proxy_tlv {
	PROXY_TLV_ALPN = 0x01,
	PROXY_TLV_AUTHORITY = 0x02,
	PROXY_TLV_CRC32C = 0x03,
	PROXY_TLV_UNIQUE_ID = 0x05,
	PROXY_TLV_SSL = 0x20,
	PROXY_TLV_SSL_VERSION = 0x21,
	PROXY_TLV_SSL_CN = 0x22,
	PROXY_TLV_SSL_CIPHER = 0x23
};

/* The "client" bits of the SSL TLV. */
enum { PROXY_CLIENT_SSL = 0x01, PROXY_CLIENT_CERT_CONN = 0x02, PROXY_CLIENT_CERT_SESS = 0x04 };

#define PROXY_TLV_HEAD 3
#define PROXY_SSL_HEAD 5
#define PROXY_UNIQUE_ID_MAX 128

/* CRC32C (RFC 9260 appendix A) of a whole header, the four bytes of its own
 * checksum at "zeroed" taken as zero. */
uint32_t proxy_crc32c(const uint8_t *bytes, size_t count, size_t zeroed);

#endif

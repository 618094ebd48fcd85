/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "wire/proxy.h"
#include "wire/proxy_text.h"
#include "wire/proxy_v2.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void proxy_unmap(struct proxy_facts *facts)
{
	uint8_t *source = facts->source.address, *destination = facts->destination.address;
	if (facts->family != PROXY_TCP6 || memcmp(source, mapped, sizeof(mapped)) != 0 ||
	    memcmp(destination, mapped, sizeof(mapped)) != 0)
		return;
	memmove(source, source + sizeof(mapped), 4);
	memmove(destination, destination + sizeof(mapped), 4);
	facts->family = PROXY_TCP4;
}

/* Whether there is a client to tell about, at an address that has a form. */
static int has_client(const struct proxy_facts *facts)
{
	return !facts->local && (facts->family == PROXY_TCP4 || facts->family == PROXY_TCP6);
}

size_t proxy_write_v1(char *out, size_t room, const struct proxy_facts *facts)
{
	char source[PROXY_TEXT_MAX], destination[PROXY_TEXT_MAX];
	int length;
	if (!has_client(facts)) {
		length = snprintf(out, room, "PROXY UNKNOWN\r\n");
		return (size_t)length < room ? (size_t)length : 0;
	}
	if (facts->family == PROXY_TCP4) {
		proxy_text_put4(source, facts->source.address);
		proxy_text_put4(destination, facts->destination.address);
	} else {
		proxy_text_put6(source, facts->source.address);
		proxy_text_put6(destination, facts->destination.address);
	}
	length = snprintf(out, room, "PROXY TCP%c %s %s %u %u\r\n",
	                  facts->family == PROXY_TCP4 ? '4' : '6', source, destination,
	                  facts->source.port, facts->destination.port);
	return (size_t)length < room ? (size_t)length : 0;
}

/* Where a v2 header grows.  Once something did not fit, nothing is added. */
struct pen {
	uint8_t *out;
	size_t at, room;
	int full;
};

static void put(struct pen *pen, const void *bytes, size_t count)
{
	if (pen->full || count > pen->room - pen->at) {
		pen->full = 1;
		return;
	}
	if (count > 0)
		memcpy(pen->out + pen->at, bytes, count);
	pen->at += count;
}

static void put_byte(struct pen *pen, unsigned byte)
{
	uint8_t one = (uint8_t)byte;
	put(pen, &one, 1);
}

static void put_16(struct pen *pen, size_t number)
{
	if (number > UINT16_MAX)
		pen->full = 1;
	put_byte(pen, (unsigned)(number >> 8) & 0xff);
	put_byte(pen, (unsigned)number & 0xff);
}

static void put_32(struct pen *pen, uint32_t number)
{
	put_16(pen, number >> 16);
	put_16(pen, number & 0xffff);
}

static void put_text(struct pen *pen, enum proxy_tlv type, const struct proxy_text *text)
{
	if (!text->bytes)
		return;
	put_byte(pen, type);
	put_16(pen, text->length);
	put(pen, text->bytes, text->length);
}

/* A text as a TLV takes that much. */
static size_t text_size(const struct proxy_text *text)
{
	return text->bytes ? PROXY_TLV_HEAD + text->length : 0;
}

static void put_ssl(struct pen *pen, const struct proxy_facts *facts)
{
	int any = facts->certificate || facts->resumed_certificate;
	unsigned client = PROXY_CLIENT_SSL;
	if (facts->certificate)
		client |= PROXY_CLIENT_CERT_CONN;
	if (any)
		client |= PROXY_CLIENT_CERT_SESS;
	put_byte(pen, PROXY_TLV_SSL);
	put_16(pen, PROXY_SSL_HEAD + text_size(&facts->version) + text_size(&facts->common_name) +
	                text_size(&facts->cipher));
	put_byte(pen, client);
	/* Zero says "verified", and only where there is something to verify. */
	put_32(pen, any && facts->verified ? 0 : 1);
	put_text(pen, PROXY_TLV_SSL_VERSION, &facts->version);
	put_text(pen, PROXY_TLV_SSL_CN, &facts->common_name);
	put_text(pen, PROXY_TLV_SSL_CIPHER, &facts->cipher);
}

static void put_ends(struct pen *pen, const struct proxy_facts *facts)
{
	size_t size = facts->family == PROXY_TCP4 ? 4 : 16;
	put(pen, facts->source.address, size);
	put(pen, facts->destination.address, size);
	put_16(pen, facts->source.port);
	put_16(pen, facts->destination.port);
}

/* Over the finished header, so the length must be in place. */
static void put_checksum(struct pen *pen, size_t at)
{
	uint32_t sum = proxy_crc32c(pen->out, pen->at, at);
	struct pen there = {.out = pen->out, .at = at, .room = at + 4};
	put_32(&there, sum);
}

size_t proxy_write_v2(uint8_t *out, size_t room, const struct proxy_facts *facts, int checksum)
{
	static const uint8_t family[] = {[PROXY_TCP4] = 0x11, [PROXY_TCP6] = 0x21};
	struct pen pen = {.out = out, .room = room < PROXY_ROOM ? room : PROXY_ROOM};
	int local = !has_client(facts);
	put(&pen, PROXY_SIGNATURE, PROXY_SIGNATURE_SIZE);
	put_byte(&pen, local ? PROXY_COMMAND_LOCAL : PROXY_COMMAND_PROXY);
	put_byte(&pen, local ? 0 : family[facts->family]);
	put_16(&pen, 0);
	if (!local) {
		put_ends(&pen, facts);
		put_text(&pen, PROXY_TLV_ALPN, &facts->alpn);
		put_text(&pen, PROXY_TLV_AUTHORITY, &facts->authority);
		if (facts->tls)
			put_ssl(&pen, facts);
	}
	if (checksum) {
		put_byte(&pen, PROXY_TLV_CRC32C);
		put_16(&pen, 4);
		put_32(&pen, 0);
	}
	if (pen.full)
		return 0;
	out[PROXY_HEAD - 2] = (uint8_t)((pen.at - PROXY_HEAD) >> 8);
	out[PROXY_HEAD - 1] = (uint8_t)(pen.at - PROXY_HEAD);
	if (checksum)
		put_checksum(&pen, pen.at - 4);
	return pen.at;
}

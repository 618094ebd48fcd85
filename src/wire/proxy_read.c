/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/proxy.h"
#include "wire/proxy_text.h"
#include "wire/proxy_v2.h"

/* "PROXY UNKNOWN" with two IPv6 addresses and two ports, CRLF included (2.1). */
#define V1_MAX 107

static const char v1_start[] = "PROXY ";

/* The next word of a v1 line; the last one ends with the line. */
static struct proxy_text next_word(struct proxy_text *line)
{
	const char *space = memchr(line->bytes, ' ', line->length);
	struct proxy_text word = {line->bytes,
	                          space ? (size_t)(space - line->bytes) : line->length};
	size_t step = word.length + (space ? 1 : 0);
	line->bytes += step;
	line->length -= step;
	return word;
}

static int word_is(const struct proxy_text *word, const char *text)
{
	return word->length == strlen(text) && memcmp(word->bytes, text, word->length) == 0;
}

static int read_address(enum proxy_family family, struct proxy_end *end,
                        const struct proxy_text *word)
{
	return family == PROXY_TCP4 ? proxy_text_get4(end->address, word->bytes, word->length)
	                            : proxy_text_get6(end->address, word->bytes, word->length);
}

static int read_port(struct proxy_end *end, const struct proxy_text *word)
{
	unsigned port;
	if (proxy_text_number(&port, word->bytes, word->length, UINT16_MAX))
		return -1;
	end->port = (uint16_t)port;
	return 0;
}

/* What follows "PROXY ", without the CRLF. */
static int read_v1_line(struct proxy_text line, struct proxy_facts *facts)
{
	struct proxy_text word[5] = {next_word(&line)};
	if (word_is(&word[0], "UNKNOWN"))
		return 0; /* the rest of the line is to be ignored */
	if (word_is(&word[0], "TCP4"))
		facts->family = PROXY_TCP4;
	else if (word_is(&word[0], "TCP6"))
		facts->family = PROXY_TCP6;
	else
		return -1;
	/* The last word must reach the end of the line: there is a fixed number. */
	for (int i = 1; i < 5; i++) {
		if (line.length == 0)
			return -1;
		word[i] = i < 4 ? next_word(&line) : line;
	}
	return read_address(facts->family, &facts->source, &word[1]) ||
	               read_address(facts->family, &facts->destination, &word[2]) ||
	               read_port(&facts->source, &word[3]) ||
	               read_port(&facts->destination, &word[4])
	           ? -1
	           : 0;
}

static ptrdiff_t read_v1(const uint8_t *bytes, size_t count, struct proxy_facts *facts)
{
	size_t start = strlen(v1_start), seen = count < V1_MAX ? count : V1_MAX;
	for (size_t i = start; i < seen; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\0')
			return -1; /* a line ends with CRLF and nothing else */
		if (bytes[i] != '\r')
			continue;
		if (i + 1 == seen)
			return seen < V1_MAX ? 0 : -1;
		if (bytes[i + 1] != '\n')
			return -1;
		struct proxy_text line = {(const char *)bytes + start, i - start};
		return read_v1_line(line, facts) ? -1 : (ptrdiff_t)i + 2;
	}
	return seen < V1_MAX ? 0 : -1;
}

static size_t get_16(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

static uint32_t get_32(const uint8_t *bytes)
{
	return (uint32_t)get_16(bytes) << 16 | (uint32_t)get_16(bytes + 2);
}

/* The TLVs of a header, or those inside of an SSL TLV. */
struct tlvs {
	const uint8_t *at, *end;
};

struct tlv {
	unsigned type;
	const uint8_t *value;
	size_t length;
};

/* 1: here is one, 0: that was all, -1: one goes past the end. */
static int next_tlv(struct tlvs *tlvs, struct tlv *tlv)
{
	size_t left = (size_t)(tlvs->end - tlvs->at);
	if (left == 0)
		return 0;
	if (left < PROXY_TLV_HEAD || get_16(tlvs->at + 1) > left - PROXY_TLV_HEAD)
		return -1;
	tlv->type = tlvs->at[0];
	tlv->length = get_16(tlvs->at + 1);
	tlv->value = tlvs->at + PROXY_TLV_HEAD;
	tlvs->at += PROXY_TLV_HEAD + tlv->length;
	return 1;
}

/* A fact told twice is no fact: which of the two would others believe? */
static int take_text(struct proxy_text *text, const struct tlv *tlv)
{
	if (text->bytes)
		return -1;
	*text = (struct proxy_text){(const char *)tlv->value, tlv->length};
	return 0;
}

static int read_ssl_part(struct proxy_facts *facts, const struct tlv *tlv)
{
	switch (tlv->type) {
	case PROXY_TLV_SSL_VERSION: return take_text(&facts->version, tlv);
	case PROXY_TLV_SSL_CN: return take_text(&facts->common_name, tlv);
	case PROXY_TLV_SSL_CIPHER: return take_text(&facts->cipher, tlv);
	default: return 0;
	}
}

static int read_ssl(struct proxy_facts *facts, const struct tlv *ssl)
{
	struct tlv part;
	int more;
	if (ssl->length < PROXY_SSL_HEAD || facts->tls)
		return -1;
	unsigned client = ssl->value[0];
	facts->tls = (client & PROXY_CLIENT_SSL) != 0;
	facts->certificate = (client & PROXY_CLIENT_CERT_CONN) != 0;
	facts->resumed_certificate = !facts->certificate && (client & PROXY_CLIENT_CERT_SESS) != 0;
	/* "verify" is only meaningful where a certificate was presented. */
	facts->verified =
	    (facts->certificate || facts->resumed_certificate) && get_32(ssl->value + 1) == 0;
	struct tlvs parts = {ssl->value + PROXY_SSL_HEAD, ssl->value + ssl->length};
	while ((more = next_tlv(&parts, &part)) > 0)
		if (read_ssl_part(facts, &part))
			return -1;
	return more;
}

static int read_authority(struct proxy_facts *facts, const struct tlv *tlv)
{
	if (memchr(tlv->value, '\0', tlv->length))
		return -1;
	return take_text(&facts->authority, tlv);
}

static int check_crc32c(const uint8_t *header, size_t length, const struct tlv *tlv)
{
	if (tlv->length != 4)
		return -1;
	return proxy_crc32c(header, length, (size_t)(tlv->value - header)) == get_32(tlv->value)
	           ? 0
	           : -1;
}

static int read_tlvs(struct proxy_facts *facts, const uint8_t *header, size_t from, size_t length)
{
	struct tlvs tlvs = {header + from, header + length};
	struct tlv tlv;
	int more, bad = 0;
	while (!bad && (more = next_tlv(&tlvs, &tlv)) != 0) {
		if (more < 0)
			return -1;
		switch (tlv.type) {
		case PROXY_TLV_ALPN: bad = take_text(&facts->alpn, &tlv); break;
		case PROXY_TLV_AUTHORITY: bad = read_authority(facts, &tlv); break;
		case PROXY_TLV_CRC32C: bad = check_crc32c(header, length, &tlv); break;
		case PROXY_TLV_UNIQUE_ID: bad = tlv.length > PROXY_UNIQUE_ID_MAX; break;
		case PROXY_TLV_SSL: bad = read_ssl(facts, &tlv); break;
		default: break; /* unknown ones are skipped */
		}
	}
	return bad ? -1 : 0;
}

/* The family byte, and how long its address block is; -1 for none that is known. */
static int read_family(struct proxy_facts *facts, unsigned byte)
{
	switch (byte) {
	case 0x00: facts->family = PROXY_UNKNOWN; return 0;
	case 0x11: facts->family = PROXY_TCP4; return 12;
	case 0x12: facts->family = PROXY_UDP4; return 12;
	case 0x21: facts->family = PROXY_TCP6; return 36;
	case 0x22: facts->family = PROXY_UDP6; return 36;
	case 0x31:
	case 0x32: facts->family = PROXY_UNIX; return 216;
	default: return -1;
	}
}

static void read_ends(struct proxy_facts *facts, const uint8_t *block, size_t size)
{
	memcpy(facts->source.address, block, size);
	memcpy(facts->destination.address, block + size, size);
	facts->source.port = (uint16_t)get_16(block + 2 * size);
	facts->destination.port = (uint16_t)get_16(block + 2 * size + 2);
}

static ptrdiff_t read_v2(const uint8_t *bytes, size_t count, struct proxy_facts *facts)
{
	if (count > PROXY_HEAD - 4 && bytes[12] != PROXY_COMMAND_LOCAL &&
	    bytes[12] != PROXY_COMMAND_PROXY)
		return -1;
	if (count < PROXY_HEAD)
		return 0;
	size_t length = PROXY_HEAD + get_16(bytes + PROXY_HEAD - 2);
	if (length > PROXY_MAX)
		return -1;
	facts->local = bytes[12] == PROXY_COMMAND_LOCAL;
	if (facts->local) /* whatever the rest says: it is to be skipped */
		return count < length ? 0 : (ptrdiff_t)length;
	int block = read_family(facts, bytes[13]);
	if (block < 0 || (size_t)block > length - PROXY_HEAD)
		return -1;
	if (count < length)
		return 0;
	if (block == 12 || block == 36)
		read_ends(facts, bytes + PROXY_HEAD, block == 12 ? 4 : 16);
	if (read_tlvs(facts, bytes, PROXY_HEAD + (size_t)block, length))
		return -1;
	return (ptrdiff_t)length;
}

/* Whether the bytes are the start, or all, of what a header starts with. */
static int starts_like(const uint8_t *bytes, size_t count, const char *start, size_t length)
{
	return memcmp(bytes, start, count < length ? count : length) == 0;
}

ptrdiff_t proxy_read(const uint8_t *bytes, size_t count, struct proxy_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	if (count == 0)
		return 0;
	ptrdiff_t used = -1;
	if (starts_like(bytes, count, v1_start, strlen(v1_start)))
		used = read_v1(bytes, count, facts);
	else if (starts_like(bytes, count, PROXY_SIGNATURE, PROXY_SIGNATURE_SIZE))
		used = read_v2(bytes, count, facts);
	if (used <= 0) /* nothing half-read may be mistaken for a fact */
		memset(facts, 0, sizeof(*facts));
	return used;
}

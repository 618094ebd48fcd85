/* SPDX-License-Identifier: ISC */
/* PROXY protocol headers: written, read, and refused (requirements PP-04 to PP-13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/proxy.h"
#include "wire/proxy_text.h"
#include "wire/proxy_v2.h"

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1
#define TEXT(s)                                                                                    \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define ENDS4 "\xc0\x00\x02\x01\xc6\x33\x64\x01\xc0\x00\x03\xe1"

static const struct proxy_facts four = {
    .family = PROXY_TCP4,
    .source = {{192, 0, 2, 1}, 49152},
    .destination = {{198, 51, 100, 1}, 25},
};

static const struct proxy_facts six = {
    .family = PROXY_TCP6,
    .source = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1024},
    .destination = {{0xfe, 0x80, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3}, 993},
};

static struct proxy_facts full(void)
{
	struct proxy_facts facts = four;
	facts.destination.port = 993;
	facts.tls = 1;
	facts.alpn = (struct proxy_text)TEXT("imap");
	facts.authority = (struct proxy_text)TEXT("mail.example.com");
	facts.version = (struct proxy_text)TEXT("TLSv1.3");
	facts.cipher = (struct proxy_text)TEXT("TLS_AES_256_GCM_SHA384");
	return facts;
}

static void assert_text(struct proxy_text got, const char *want)
{
	if (!want) {
		assert_null(got.bytes);
		return;
	}
	assert_non_null(got.bytes);
	assert_int_equal(got.length, strlen(want));
	assert_memory_equal(got.bytes, want, got.length);
}

static void assert_v1(const struct proxy_facts *facts, const char *want)
{
	char out[128];
	assert_int_equal(proxy_write_v1(out, sizeof(out), facts), strlen(want));
	assert_string_equal(out, want);
	/* Room for the text and its NUL, or nothing at all. */
	assert_int_equal(proxy_write_v1(out, strlen(want) + 1, facts), strlen(want));
	assert_int_equal(proxy_write_v1(out, strlen(want), facts), 0);
}

static void v1_is_written(void **state)
{
	struct proxy_facts unix_end = {.family = PROXY_UNIX}, local = four;
	(void)state;
	local.local = 1;
	assert_v1(&four, "PROXY TCP4 192.0.2.1 198.51.100.1 49152 25\r\n");
	assert_v1(&six, "PROXY TCP6 2001:db8::1 fe80:1::2:0:0:3 1024 993\r\n");
	assert_v1(&unix_end, "PROXY UNKNOWN\r\n");
	assert_v1(&local, "PROXY UNKNOWN\r\n");
}

static void v2_is_written_as_in_the_transcript(void **state)
{
	static const char want[] = SIGNATURE
	    "\x21\x11\x00\x51" ENDS4 "\x01\x00\x04imap"
	    "\x02\x00\x10mail.example.com"
	    "\x20\x00\x28\x01\x00\x00\x00\x01\x21\x00\x07TLSv1.3\x23\x00\x16TLS_AES_256_GCM_SHA384";
	struct proxy_facts facts = full();
	uint8_t out[256];
	size_t length = sizeof(want) - 1;
	(void)state;
	assert_int_equal(proxy_write_v2(out, sizeof(out), &facts, 0), length);
	assert_memory_equal(out, want, length);
	assert_int_equal(proxy_write_v2(out, length, &facts, 0), length);
	for (size_t room = 0; room < length; room++)
		assert_int_equal(proxy_write_v2(out, room, &facts, 0), 0);
}

/* What has no address that the header could carry is LOCAL, without any facts. */
static void v2_without_client_is_local(void **state)
{
	static const char want[] = SIGNATURE "\x20\x00\x00\x00";
	struct proxy_facts facts[] = {full(), full(), full()};
	uint8_t out[64];
	(void)state;
	facts[0].local = 1;
	facts[1].family = PROXY_UNIX;
	facts[2].family = PROXY_UNKNOWN;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(proxy_write_v2(out, sizeof(out), &facts[i], 0), 16);
		assert_memory_equal(out, want, 16);
	}
}

/* PP-13: never longer than what every receiver's buffer holds. */
static void v2_is_never_longer_than_its_room(void **state)
{
	static char name[70000];
	static uint8_t out[80000];
	struct proxy_facts facts = full();
	(void)state;
	memset(name, 'n', sizeof(name));
	facts.common_name = (struct proxy_text){name, 1000};
	assert_in_range(proxy_write_v2(out, sizeof(out), &facts, 0), 1000, 1200);
	facts.common_name.length = PROXY_ROOM;
	assert_int_equal(proxy_write_v2(out, sizeof(out), &facts, 0), 0);
	facts.common_name.length = sizeof(name); /* more than a TLV's length can say */
	assert_int_equal(proxy_write_v2(out, sizeof(out), &facts, 0), 0);
}

/* PP-11: "verified" needs a certificate. */
static void v2_client_bits(void **state)
{
	static const struct {
		int certificate, resumed, verified;
		uint8_t client, verify;
	} cases[] = {
	    {0, 0, 0, 0x01, 1}, {0, 0, 1, 0x01, 1}, {1, 0, 0, 0x07, 1},
	    {1, 0, 1, 0x07, 0}, {0, 1, 0, 0x05, 1}, {0, 1, 1, 0x05, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxy_facts facts = four, read;
		uint8_t out[128];
		facts.tls = 1;
		facts.certificate = cases[i].certificate;
		facts.resumed_certificate = cases[i].resumed;
		facts.verified = cases[i].verified;
		size_t length = proxy_write_v2(out, sizeof(out), &facts, 0);
		assert_int_equal(length, 16 + 12 + 3 + 5);
		assert_int_equal(out[31], cases[i].client);
		assert_int_equal(out[35], cases[i].verify);
		assert_int_equal(proxy_read(out, length, &read), length);
		assert_int_equal(read.verified, cases[i].verify == 0);
		assert_int_equal(read.certificate, cases[i].certificate);
		assert_int_equal(read.resumed_certificate, cases[i].resumed);
	}
}

static void v2_comes_back_as_written(void **state)
{
	(void)state;
	for (int checksum = 0; checksum < 2; checksum++) {
		struct proxy_facts facts = full(), read;
		uint8_t out[512];
		facts.certificate = 1;
		facts.verified = 1;
		facts.common_name = (struct proxy_text)TEXT("alice");
		size_t length = proxy_write_v2(out, sizeof(out), &facts, checksum);
		assert_int_not_equal(length, 0);
		assert_int_equal(proxy_read(out, length, &read), length);
		assert_int_equal(read.family, PROXY_TCP4);
		assert_memory_equal(&read.source, &facts.source, sizeof(read.source));
		assert_memory_equal(&read.destination, &facts.destination,
		                    sizeof(read.destination));
		assert_true(read.tls && read.certificate && read.verified && !read.local);
		assert_text(read.alpn, "imap");
		assert_text(read.authority, "mail.example.com");
		assert_text(read.version, "TLSv1.3");
		assert_text(read.cipher, "TLS_AES_256_GCM_SHA384");
		assert_text(read.common_name, "alice");
	}
}

static void mapped_addresses_become_ipv4(void **state)
{
	struct proxy_facts facts = {
	    .family = PROXY_TCP6,
	    .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1}, 49152},
	    .destination = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 198, 51, 100, 1}, 25},
	};
	(void)state;
	struct proxy_facts mixed = facts;
	mixed.source = six.source;
	proxy_unmap(&facts);
	assert_v1(&facts, "PROXY TCP4 192.0.2.1 198.51.100.1 49152 25\r\n");
	proxy_unmap(&mixed); /* both or none: a header has one family */
	assert_v1(&mixed, "PROXY TCP6 2001:db8::1 ::ffff:c633:6401 1024 25\r\n");
}

/* PP-04 */
static void v1_is_read(void **state)
{
	static const struct {
		const char *line;
		enum proxy_family family;
		unsigned source, destination;
	} cases[] = {
	    {"PROXY TCP4 192.0.2.1 198.51.100.1 49152 25\r\n", PROXY_TCP4, 49152, 25},
	    {"PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", PROXY_TCP4, 65535, 0},
	    {"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1024 993\r\n", PROXY_TCP6, 1024, 993},
	    {"PROXY TCP6 FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n",
	     PROXY_TCP6, 65535, 65535},
	    {"PROXY UNKNOWN\r\n", PROXY_UNKNOWN, 0, 0},
	    {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	     PROXY_UNKNOWN, 0, 0}, /* 107 octets, the longest line there is */
	    {"PROXY UNKNOWN what ever\r\n", PROXY_UNKNOWN, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char stream[160];
		struct proxy_facts facts;
		size_t length = strlen(cases[i].line);
		snprintf(stream, sizeof(stream), "%sEHLO me\r\n", cases[i].line);
		const uint8_t *bytes = (const uint8_t *)stream;
		assert_int_equal(proxy_read(bytes, strlen(stream), &facts), length);
		assert_int_equal(facts.family, cases[i].family);
		assert_int_equal(facts.source.port, cases[i].source);
		assert_int_equal(facts.destination.port, cases[i].destination);
		for (size_t part = 0; part < length; part++)
			assert_int_equal(proxy_read(bytes, part, &facts), 0);
	}
}

static void v1_keeps_the_addresses(void **state)
{
	struct proxy_facts facts;
	(void)state;
	assert_int_equal(
	    proxy_read(BYTES("PROXY TCP4 192.0.2.1 198.51.100.1 49152 25\r\n"), &facts), 44);
	assert_memory_equal(facts.source.address, "\xc0\x00\x02\x01", 4);
	assert_memory_equal(facts.destination.address, "\xc6\x33\x64\x01", 4);
	assert_true(proxy_read(BYTES("PROXY TCP6 2001:db8::1 fe80:1::2:0:0:3 1 2\r\n"), &facts) >
	            0);
	assert_memory_equal(facts.source.address, six.source.address, 16);
	assert_memory_equal(facts.destination.address, six.destination.address, 16);
}

static void v1_is_refused(void **state)
{
	static const char *const lines[] = {
	    "PROXX TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
	    "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
	    "EHLO me\r\n",
	    "PROXY\tTCP4 192.0.2.1 198.51.100.1 1 2\r\n",
	    "PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n",
	    "PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
	    "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n",
	    "PROXY TCP4 192.0.2.1  198.51.100.1 1 2\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 \r\n",
	    "PROXY TCP4 192.0.2.1\r\n",
	    "PROXY TCP4\r\n",
	    "PROXY \r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 100000\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 -1 2\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 +2\r\n",
	    "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n",
	    "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
	    "PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n",
	    "PROXY TCP4 192.0.2.1.5 198.51.100.1 1 2\r\n",
	    "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
	    "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
	    "PROXY TCP6 2001:db8::1::2 ::1 1 2\r\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n",
	    "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r ",
	    "PROXY UNKNOWN\n",
	    "PROXY UNKNOWNX\r\n",
	    ("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535 \r\n"), /* 108 octets */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct proxy_facts facts;
		ptrdiff_t got = proxy_read((const uint8_t *)lines[i], strlen(lines[i]), &facts);
		if (got != -1)
			fail_msg("took %td bytes of: %s", got, lines[i]);
	}
	struct proxy_facts facts;
	assert_int_equal(proxy_read(BYTES("PROXY UNKNOWN \0\r\n"), &facts), -1);
}

struct raw {
	const char *bytes;
	size_t length;
};

#define RAW(s)                                                                                     \
	{                                                                                          \
		SIGNATURE s, sizeof(SIGNATURE s) - 1                                               \
	}

/* PP-06, PP-07, PP-08 */
static void v2_is_read(void **state)
{
	static const struct {
		struct raw raw;
		enum proxy_family family;
		int local;
	} cases[] = {
	    {RAW("\x21\x11\x00\x0c" ENDS4), PROXY_TCP4, 0},
	    {RAW("\x21\x12\x00\x0c" ENDS4), PROXY_UDP4, 0},
	    {RAW("\x21\x00\x00\x00"), PROXY_UNKNOWN, 0},
	    {RAW("\x21\x00\x00\x04\x04\x00\x01x"), PROXY_UNKNOWN, 0},
	    {RAW("\x20\x00\x00\x00"), PROXY_UNKNOWN, 1},
	    {RAW("\x20\x11\x00\x0c" ENDS4), PROXY_UNKNOWN, 1},
	    {RAW("\x20\x77\x00\x05skip!"), PROXY_UNKNOWN, 1},
	    {RAW("\x21\x11\x00\x13" ENDS4 "\xe0\x00\x04\x00\x01\x02\x03"), PROXY_TCP4, 0},
	    {RAW("\x21\x11\x00\x0f" ENDS4 "\x04\x00\x00"), PROXY_TCP4, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxy_facts facts;
		uint8_t stream[128];
		size_t length = cases[i].raw.length;
		memcpy(stream, cases[i].raw.bytes, length);
		memset(stream + length, 0x16, sizeof(stream) - length); /* a ClientHello */
		assert_int_equal(proxy_read(stream, sizeof(stream), &facts), length);
		assert_int_equal(facts.family, cases[i].family);
		assert_int_equal(facts.local, cases[i].local);
		for (size_t part = 0; part < length; part++)
			assert_int_equal(proxy_read(stream, part, &facts), 0);
	}
}

static void v2_long_families_are_read(void **state)
{
	uint8_t stream[16 + 216] = SIGNATURE "\x21\x31\x00\xd8/run/client";
	struct proxy_facts facts;
	(void)state;
	assert_int_equal(proxy_read(stream, sizeof(stream), &facts), sizeof(stream));
	assert_int_equal(facts.family, PROXY_UNIX);
	uint8_t wide[16 + 36] = SIGNATURE "\x21\x21\x00\x24";
	memcpy(wide + 16, six.source.address, 16);
	memcpy(wide + 32, six.destination.address, 16);
	memcpy(wide + 48, "\x04\x00\x03\xe1", 4);
	assert_int_equal(proxy_read(wide, sizeof(wide), &facts), sizeof(wide));
	assert_int_equal(facts.family, PROXY_TCP6);
	assert_memory_equal(&facts.source, &six.source, sizeof(facts.source));
	assert_memory_equal(&facts.destination, &six.destination, sizeof(facts.destination));
}

static void v2_is_refused(void **state)
{
	static const struct raw cases[] = {
	    RAW("\x22\x11\x00\x0c" ENDS4),                          /* command */
	    RAW("\x11\x11\x00\x0c" ENDS4),                          /* version */
	    RAW("\x21\x13\x00\x0c" ENDS4),                          /* transport */
	    RAW("\x21\x41\x00\x0c" ENDS4),                          /* family */
	    RAW("\x21\x11\x00\x0b" ENDS4),                          /* shorter than its addresses */
	    RAW("\x21\x21\x00\x0c" ENDS4),                          /* the same with IPv6 */
	    RAW("\x21\x11\x40\x00" ENDS4),                          /* longer than anybody needs */
	    RAW("\x21\x11\x00\x0e" ENDS4 "\x01\x00"),               /* half a TLV head */
	    RAW("\x21\x11\x00\x10" ENDS4 "\x01\x00\x02h"),          /* a TLV past the end */
	    RAW("\x21\x11\x00\x12" ENDS4 "\x02\x00\x03m\0x"),       /* NUL in a name */
	    RAW("\x21\x11\x00\x12" ENDS4 "\x03\x00\x03\0\0\0"),     /* a short checksum */
	    RAW("\x21\x11\x00\x13" ENDS4 "\x03\x00\x04\0\0\0\0"),   /* a wrong one: PP-12 */
	    RAW("\x21\x11\x00\x13" ENDS4 "\x20\x00\x04\x01\0\0\0"), /* a short SSL TLV */
	    RAW("\x21\x11\x00\x18" ENDS4 "\x20\x00\x09\x01\0\0\0\0\x21\x00\x02x"),
	    RAW("\x21\x11\x00\x14" ENDS4 "\x01\x00\x01x\x01\x00\x01y"), /* two ALPNs */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxy_facts facts;
		uint8_t stream[300] = {0};
		memcpy(stream, cases[i].bytes, cases[i].length);
		if (proxy_read(stream, cases[i].length, &facts) != -1)
			fail_msg("case %zu was not refused", i);
		/* Nothing of it is left to be believed. */
		struct proxy_facts none = {0};
		assert_memory_equal(&facts, &none, sizeof(none));
	}
}

static void v2_unique_id_has_a_limit(void **state)
{
	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		uint8_t stream[16 + 12 + 3 + 129] = SIGNATURE "\x21\x11\x00";
		size_t size = 128 + (size_t)extra;
		struct proxy_facts facts;
		stream[15] = (uint8_t)(12 + 3 + size);
		memcpy(stream + 28, "\x05\x00", 2);
		stream[30] = (uint8_t)size;
		assert_int_equal(proxy_read(stream, 31 + size, &facts),
		                 extra ? -1 : (ptrdiff_t)(31 + size));
	}
}

/* PP-12: every bit of a header counts, also those that nobody looks at. */
static void checksum_finds_every_flip(void **state)
{
	struct proxy_facts facts = full(), read;
	uint8_t out[256];
	size_t length = proxy_write_v2(out, sizeof(out), &facts, 1);
	(void)state;
	assert_int_equal(proxy_read(out, length, &read), length);
	for (size_t bit = 0; bit < 8 * length; bit++) {
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ptrdiff_t got = proxy_read(out, length, &read);
		/* Nothing can vouch for "PROXY or LOCAL" (LOCAL is skipped unread), for
		 * the length, or for whether there is a checksum at all. */
		int open = bit / 8 == 12 || bit / 8 == 14 || bit / 8 == 15 ||
		           (bit / 8 >= length - 7 && bit / 8 < length - 4);
		if (!open)
			assert_int_equal(got, -1);
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* RFC 9260 appendix A; the vector is RFC 3720 appendix B.4's. */
static void crc32c_vectors(void **state)
{
	uint8_t bytes[32] = {0};
	(void)state;
	assert_int_equal(proxy_crc32c(bytes, 32, SIZE_MAX / 2), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	assert_int_equal(proxy_crc32c(bytes, 32, SIZE_MAX / 2), 0x62a8ab43);
	assert_int_equal(proxy_crc32c((const uint8_t *)"123456789", 9, SIZE_MAX / 2), 0xe3069283);
	uint8_t sum[] = "ab\0\0\0\0cd", other[] = "abxxxxcd";
	assert_int_equal(proxy_crc32c(sum, 8, 2), proxy_crc32c(other, 8, 2));
	assert_int_not_equal(proxy_crc32c(sum, 8, 2), proxy_crc32c(other, 8, 3));
}

static void ipv6_text(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: no address */
	} cases[] = {
	    {"::", "::"},
	    {"::1", "::1"},
	    {"1::", "1::"},
	    {"0:0:0:0:0:0:0:1", "::1"},
	    {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	    {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
	    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
	    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
	    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
	    {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
	    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
	    {"", NULL},
	    {":", NULL},
	    {":::", NULL},
	    {"1", NULL},
	    {"1:", NULL},
	    {":1", NULL},
	    {"1:2:3:4:5:6:7", NULL},
	    {"1:2:3:4:5:6:7:8:9", NULL},
	    {"1:2:3:4:5:6:7:8::", NULL},
	    {"1:2:3:4::5:6:7:8", NULL},
	    {"1::2::3", NULL},
	    {"1:2:3:4:5:6:7:", NULL},
	    {"12345::", NULL},
	    {"g::", NULL},
	    {"1.2.3.4::", NULL},
	    {"::1.2.3", NULL},
	    {"::1.2.3.4:5", NULL},
	    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
	    {"1.2.3.4", NULL},
	    {"fe80::1%1", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t address[16];
		char out[PROXY_TEXT_MAX];
		int got = proxy_text_get6(address, cases[i].text, strlen(cases[i].text));
		if (got != (cases[i].canonical ? 0 : -1))
			fail_msg("%s: %d", cases[i].text, got);
		if (got)
			continue;
		assert_int_equal(proxy_text_put6(out, address), strlen(cases[i].canonical));
		assert_string_equal(out, cases[i].canonical);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(v1_is_written),
	    cmocka_unit_test(v1_is_read),
	    cmocka_unit_test(v1_keeps_the_addresses),
	    cmocka_unit_test(v1_is_refused),
	    cmocka_unit_test(v2_is_written_as_in_the_transcript),
	    cmocka_unit_test(v2_without_client_is_local),
	    cmocka_unit_test(v2_is_never_longer_than_its_room),
	    cmocka_unit_test(v2_client_bits),
	    cmocka_unit_test(v2_comes_back_as_written),
	    cmocka_unit_test(v2_is_read),
	    cmocka_unit_test(v2_long_families_are_read),
	    cmocka_unit_test(v2_is_refused),
	    cmocka_unit_test(v2_unique_id_has_a_limit),
	    cmocka_unit_test(checksum_finds_every_flip),
	    cmocka_unit_test(crc32c_vectors),
	    cmocka_unit_test(ipv6_text),
	    cmocka_unit_test(mapped_addresses_become_ipv4),
	};
	return cmocka_run_group_tests_name("wire/proxy", tests, NULL, NULL);
}

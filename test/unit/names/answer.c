/* SPDX-License-Identifier: ISC */
/* From DNS messages to answers: good ones, strange ones, and those that are no DNS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "names/dns_answer.h"
#include "names/dns_name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct message {
	unsigned char bytes[8192];
	size_t length;
};

static void put16(struct message *message, unsigned value)
{
	message->bytes[message->length++] = (unsigned char)(value >> 8);
	message->bytes[message->length++] = (unsigned char)value;
}

static void put_name(struct message *message, const char *name)
{
	while (*name) {
		size_t label = strcspn(name, ".");

		message->bytes[message->length++] = (unsigned char)label;
		memcpy(message->bytes + message->length, name, label);
		message->length += label;
		name += label + (name[label] == '.');
	}
	message->bytes[message->length++] = 0;
}

static void begin(struct message *message, unsigned rcode)
{
	message->length = 0;
	put16(message, 1);
	put16(message, 0x8180 | rcode);
	put16(message, 1);
	put16(message, 0);
	put16(message, 0);
	put16(message, 0);
	put_name(message, "a.test");
	put16(message, DNS_A);
	put16(message, 1);
}

/* section: 3 is the answer, 4 the authority. */
static void put_record(struct message *message, int section, const char *owner, unsigned type,
                       unsigned ttl, const void *data, size_t length)
{
	message->bytes[section * 2 + 1]++;
	put_name(message, owner);
	put16(message, type);
	put16(message, 1);
	put16(message, ttl >> 16);
	put16(message, ttl & 0xffff);
	put16(message, (unsigned)length);
	memcpy(message->bytes + message->length, data, length);
	message->length += length;
}

static void put_alias(struct message *message, const char *owner, unsigned ttl, const char *target)
{
	struct message name = {.length = 0};

	put_name(&name, target);
	put_record(message, 3, owner, DNS_CNAME, ttl, name.bytes, name.length);
}

static void put_soa(struct message *message, unsigned ttl, unsigned minimum)
{
	struct message soa = {.length = 0};

	put_name(&soa, "ns.test");
	put_name(&soa, "root.test");
	for (int i = 0; i < 4; i++) {
		put16(&soa, 0);
		put16(&soa, 1);
	}
	put16(&soa, minimum >> 16);
	put16(&soa, minimum & 0xffff);
	put_record(message, 4, "test", 6, ttl, soa.bytes, soa.length);
}

static struct dns_answer *read_as(const struct message *message, enum dns_type type)
{
	/* of just its size, so that a sanitizer sees the end */
	void *copy = malloc(message->length);
	struct dns_answer *answer;

	memcpy(copy, message->bytes, message->length);
	answer = dns_answer_read(copy, message->length, "a.test", type, DNS_SECURE);
	free(copy);
	assert_non_null(answer);
	assert_int_equal(answer->type, type);
	assert_string_equal(answer->name, "a.test");
	return answer;
}

static void only_what_was_asked_for(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 0);
	put_record(&message, 3, "b.test", DNS_A, 100, "\1\1\1\1", 4);
	put_record(&message, 3, "A.Test", DNS_A, 200, "\2\2\2\2", 4);
	put_record(&message, 3, "a.test", DNS_AAAA, 50, "0123456789abcdef", 16);
	put_record(&message, 3, "a.test", 46, 50, "signature", 9);
	put_record(&message, 4, "a.test", DNS_A, 10, "\3\3\3\3", 4);
	answer = read_as(&message, DNS_A);
	assert_int_equal(answer->security, DNS_SECURE);
	assert_int_equal(answer->absent, DNS_THERE);
	assert_int_equal(answer->count, 1);
	assert_int_equal(answer->ttl, 200);
	assert_int_equal(answer->records[0].length, 4);
	assert_memory_equal(answer->records[0].bytes, "\2\2\2\2", 4);
	assert_null(answer->records[0].host);
	free(answer);
}

static void another_class_does_not_count(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 0);
	put_record(&message, 3, "a.test", DNS_A, 200, "\2\2\2\2", 4);
	message.bytes[message.length - 11] = 3; /* CHAOS */
	answer = read_as(&message, DNS_A);
	assert_int_equal(answer->absent, DNS_NO_RECORDS);
	free(answer);
}

/* In whatever order they come. */
static void aliases(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 0);
	put_record(&message, 3, "c.test", DNS_A, 500, "\2\2\2\2", 4);
	put_alias(&message, "B.test", 90, "C.TEST");
	put_alias(&message, "a.test", 100, "b.test");
	answer = read_as(&message, DNS_A);
	assert_int_equal(answer->count, 1);
	assert_int_equal(answer->ttl, 90);
	assert_int_equal(answer->alias_count, 2);
	assert_string_equal(answer->aliases[0], "b.test");
	assert_string_equal(answer->aliases[1], "c.test");
	assert_string_equal(answer->canonical, "c.test");
	free(answer);
	answer = read_as(&message, DNS_CNAME);
	assert_int_equal(answer->count, 1);
	assert_int_equal(answer->alias_count, 0);
	assert_string_equal(answer->records[0].host, "b.test");
	assert_string_equal(answer->canonical, "a.test");
	free(answer);
}

static void many_aliases(void **state)
{
	char from[16], to[16];
	struct dns_answer *answer;

	(void)state;
	for (int links = DNS_ALIASES; links <= DNS_ALIASES + 1; links++) {
		struct message message;

		begin(&message, 0);
		for (int i = 0; i < links; i++) {
			snprintf(from, sizeof(from), i ? "x%d.test" : "a.test", i);
			snprintf(to, sizeof(to), "x%d.test", i + 1);
			put_alias(&message, from, 10, to);
		}
		put_record(&message, 3, to, DNS_A, 500, "\2\2\2\2", 4);
		answer = read_as(&message, DNS_A);
		assert_int_equal(answer->security, links == DNS_ALIASES ? DNS_SECURE : DNS_FAILED);
		assert_int_equal(answer->count, links == DNS_ALIASES);
		free(answer);
	}
}

static void aliases_in_a_circle(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 0);
	put_alias(&message, "a.test", 10, "b.test");
	put_alias(&message, "b.test", 10, "a.test");
	answer = read_as(&message, DNS_A);
	assert_int_equal(answer->security, DNS_FAILED);
	free(answer);
}

static void nothing_there(void **state)
{
	static const struct {
		unsigned rcode, soa_ttl, minimum, ttl;
		enum dns_absent absent;
	} cases[] = {
	    {0, 100, 200, 100, DNS_NO_RECORDS}, {0, 200, 100, 100, DNS_NO_RECORDS},
	    {3, 100, 200, 100, DNS_NO_NAME},    {0, 86400, 86400, 3600, DNS_NO_RECORDS},
	    {0, 0, 100, 0, DNS_NO_RECORDS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct message message;
		struct dns_answer *answer;

		begin(&message, cases[i].rcode);
		put_soa(&message, cases[i].soa_ttl, cases[i].minimum);
		answer = read_as(&message, DNS_TXT);
		assert_int_equal(answer->security, DNS_SECURE);
		assert_int_equal(answer->absent, cases[i].absent);
		assert_int_equal(answer->ttl, cases[i].ttl);
		assert_int_equal(answer->rcode, cases[i].rcode);
		assert_int_equal(answer->count, 0);
		free(answer);
	}
}

/* Nobody says for how long: it is not remembered. */
static void nothing_there_without_soa(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 0);
	answer = read_as(&message, DNS_TXT);
	assert_int_equal(answer->absent, DNS_NO_RECORDS);
	assert_int_equal(answer->ttl, 0);
	free(answer);
}

/* NXDOMAIN is about the end of the aliases, and nothing is there whatever comes with it. */
static void alias_of_no_name(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 3);
	put_alias(&message, "a.test", 10, "b.test");
	put_record(&message, 3, "b.test", DNS_A, 500, "\2\2\2\2", 4);
	put_soa(&message, 100, 100);
	answer = read_as(&message, DNS_A);
	assert_int_equal(answer->absent, DNS_NO_NAME);
	assert_string_equal(answer->canonical, "b.test");
	assert_int_equal(answer->count, 0);
	assert_int_equal(answer->ttl, 10);
	free(answer);
}

static void errors(void **state)
{
	static const unsigned rcodes[] = {1, 2, 4, 5, 9, 15};

	(void)state;
	for (size_t i = 0; i < COUNT(rcodes); i++) {
		struct message message;
		struct dns_answer *answer;

		begin(&message, rcodes[i]);
		put_record(&message, 3, "a.test", DNS_A, 500, "\2\2\2\2", 4);
		answer = read_as(&message, DNS_A);
		assert_int_equal(answer->security, DNS_FAILED);
		assert_int_equal(answer->rcode, rcodes[i]);
		assert_int_equal(answer->count, 0);
		assert_string_not_equal(answer->why, "");
		free(answer);
	}
}

/* A record's data as DNS has it, and what is read from it; NULL: that is none. */
static void records(void **state)
{
	static const struct {
		enum dns_type type;
		const char *data;
		size_t length;
		const char *bytes; /* or the host */
		size_t bytes_length;
		unsigned preference, weight, port;
	} cases[] = {
#define DATA(literal) literal, sizeof(literal) - 1
	    {DNS_A, DATA("\1\2\3\4"), DATA("\1\2\3\4"), 0, 0, 0},
	    {DNS_A, DATA("\1\2\3"), NULL, 0, 0, 0, 0},
	    {DNS_A, DATA("\1\2\3\4\5"), NULL, 0, 0, 0, 0},
	    {DNS_A, DATA(""), NULL, 0, 0, 0, 0},
	    {DNS_AAAA, DATA("0123456789abcdef"), DATA("0123456789abcdef"), 0, 0, 0},
	    {DNS_AAAA, DATA("0123456789abcde"), NULL, 0, 0, 0, 0},
	    {DNS_TXT, DATA("\3one\3two"), DATA("onetwo"), 0, 0, 0},
	    {DNS_TXT, DATA("\0\3o\0e\0"), DATA("o\0e"), 0, 0, 0},
	    {DNS_TXT, DATA("\0"), DATA(""), 0, 0, 0},
	    {DNS_TXT, DATA(""), NULL, 0, 0, 0, 0},
	    {DNS_TXT, DATA("\4one"), NULL, 0, 0, 0, 0},
	    {DNS_TXT, DATA("\3one\xff"), NULL, 0, 0, 0, 0},
	    {DNS_TLSA, DATA("\3\1\1hash"), DATA("\3\1\1hash"), 0, 0, 0},
	    {DNS_TLSA, DATA(""), DATA(""), 0, 0, 0},
	    {DNS_MX, DATA("\1\2\2MX\4test\0"), DATA("mx.test"), 258, 0, 0},
	    {DNS_MX, DATA("\0\0\0"), DATA(""), 0, 0, 0},
	    {DNS_MX, DATA("\0\1\3a.b\0"), DATA("a\\.b"), 1, 0, 0},
	    {DNS_MX, DATA("\0\1\2\0\n\0"), DATA("\\000\\010"), 1, 0, 0},
	    {DNS_MX, DATA("\0\1\xc0\x0c"), DATA("a.test"), 1, 0, 0},
	    {DNS_MX, DATA("\0\1"), NULL, 0, 0, 0, 0},
	    {DNS_MX, DATA("\0"), NULL, 0, 0, 0, 0},
	    {DNS_MX, DATA("\0\1\2mx"), NULL, 0, 0, 0, 0},
	    {DNS_MX, DATA("\0\1\2mx\0x"), NULL, 0, 0, 0, 0},
	    {DNS_MX, DATA("\0\1\xc0\xff"), NULL, 0, 0, 0, 0},
	    {DNS_MX, DATA("\0\1\x42mx\0"), NULL, 0, 0, 0, 0},
	    {DNS_SRV, DATA("\0\1\0\2\3\xe1\4imap\0"), DATA("imap"), 1, 2, 993},
	    {DNS_SRV, DATA("\0\1\0\2\3\xe1"), NULL, 0, 0, 0, 0},
	    {DNS_CNAME, DATA("\0"), DATA(""), 0, 0, 0},
	    {DNS_CNAME, DATA(""), NULL, 0, 0, 0, 0},
#undef DATA
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct message message;
		struct dns_answer *answer;
		const struct dns_record *record;

		begin(&message, 0);
		put_record(&message, 3, "a.test", cases[i].type, 300, cases[i].data,
		           cases[i].length);
		answer = read_as(&message, cases[i].type);
		record = answer->records;
		if (!cases[i].bytes) {
			if (answer->security != DNS_FAILED || answer->count)
				fail_msg("case %zu was taken", i);
			assert_string_equal(answer->why,
			                    "the answer of the name servers is malformed");
			free(answer);
			continue;
		}
		if (answer->security != DNS_SECURE || answer->count != 1)
			fail_msg("case %zu: %s", i, answer->why);
		if (record->host) {
			assert_string_equal(record->host, cases[i].bytes);
		} else {
			assert_int_equal(record->length, cases[i].bytes_length);
			assert_memory_equal(record->bytes, cases[i].bytes, record->length);
		}
		assert_int_equal(record->preference, cases[i].preference);
		assert_int_equal(record->weight, cases[i].weight);
		assert_int_equal(record->port, cases[i].port);
		free(answer);
	}
}

/* One bad record makes the whole RRset worthless: who knows what it was to say? */
static void bad_one_among_good_ones(void **state)
{
	struct message message;
	struct dns_answer *answer;

	(void)state;
	begin(&message, 0);
	put_record(&message, 3, "a.test", DNS_A, 500, "\2\2\2\2", 4);
	put_record(&message, 3, "a.test", DNS_A, 500, "\2\2\2", 3);
	answer = read_as(&message, DNS_A);
	assert_int_equal(answer->security, DNS_FAILED);
	free(answer);
}

static void half_a_message(void **state)
{
	struct message whole, part;

	(void)state;
	begin(&whole, 0);
	put_alias(&whole, "a.test", 10, "b.test");
	put_record(&whole, 3, "b.test", DNS_A, 500, "\2\2\2\2", 4);
	put_soa(&whole, 100, 100);
	part = whole;
	for (part.length = 0; part.length < whole.length; part.length++) {
		struct dns_answer *answer = read_as(&part, DNS_A);

		assert_int_equal(answer->security, DNS_FAILED);
		free(answer);
	}
	free(read_as(&whole, DNS_A));
}

static void bogus_has_no_records(void **state)
{
	struct dns_answer *answer =
	    dns_answer_none("a.test", DNS_MX, DNS_BOGUS, 0, "line\nbreak \x1b[31m \xff");

	(void)state;
	assert_int_equal(answer->security, DNS_BOGUS);
	assert_string_equal(answer->why, "line?break ?[31m ?");
	assert_int_equal(answer->count, 0);
	assert_string_equal(answer->canonical, "a.test");
	free(answer);
}

static void names(void **state)
{
	static const struct {
		const char *text, *name; /* NULL: it is none */
	} cases[] = {
	    {"Example.ORG.", "example.org"},
	    {"_25._tcp.mx-1.example.org", "_25._tcp.mx-1.example.org"},
	    {"org", "org"},
	    {".", ""},
	    {"", ""},
	    {"..", NULL},
	    {".org", NULL},
	    {"a..org", NULL},
	    {"a.org..", NULL},
	    {"*.org", NULL},
	    {"a b", NULL},
	    {"a\tb", NULL},
	    {"\xc3\xbc.org", NULL},
	    {"a/b", NULL},
	    {"a\\.b", NULL},
	    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.a",
	     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.a"},
	    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.a", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[DNS_NAME];
		const char *wrong = dns_name(name, cases[i].text);

		if (!cases[i].name != !!wrong)
			fail_msg("\"%s\": %s", cases[i].text, wrong ? wrong : "fine");
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_what_was_asked_for),
	    cmocka_unit_test(another_class_does_not_count),
	    cmocka_unit_test(aliases),
	    cmocka_unit_test(many_aliases),
	    cmocka_unit_test(aliases_in_a_circle),
	    cmocka_unit_test(nothing_there),
	    cmocka_unit_test(nothing_there_without_soa),
	    cmocka_unit_test(alias_of_no_name),
	    cmocka_unit_test(errors),
	    cmocka_unit_test(records),
	    cmocka_unit_test(bad_one_among_good_ones),
	    cmocka_unit_test(half_a_message),
	    cmocka_unit_test(bogus_has_no_records),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("names/answer", tests, NULL, NULL);
}

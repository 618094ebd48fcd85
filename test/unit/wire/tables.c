/* SPDX-License-Identifier: ISC */
/* The protocols in which mail servers look things up: MAP-01 to MAP-04. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "wire/netstring.h"
#include "wire/tcp_table.h"

#define MOST 10000

static ptrdiff_t read_netstring(const char *bytes, const char **body, size_t *length)
{
	return netstring_read(bytes, strlen(bytes), MOST, body, length);
}

static void netstrings_are_read(void **state)
{
	static const struct {
		const char *bytes;
		ptrdiff_t whole;
		const char *body;
	} cases[] = {
	    {"5:hello,", 8, "hello"},
	    {"0:,", 3, ""},
	    {"5:hello,3:", 8, "hello"},
	    {"11:postfix a.b,", 15, "postfix a.b"},
	    /* not all there */
	    {"", 0, NULL},
	    {"5", 0, NULL},
	    {"5:", 0, NULL},
	    {"5:hell", 0, NULL},
	    {"5:hello", 0, NULL},
	    /* none */
	    {"5:hello;", -1, NULL},
	    {":hello,", -1, NULL},
	    {"05:hello,", -1, NULL},
	    {"00:,", -1, NULL},
	    {"-1:,", -1, NULL},
	    {" 5:hello,", -1, NULL},
	    {"5 :hello,", -1, NULL},
	    {"x", -1, NULL},
	    {"10001:", -1, NULL},
	    {"99999999999999999999999999:", -1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *body = NULL;
		size_t length = 0;

		assert_int_equal(read_netstring(cases[i].bytes, &body, &length), cases[i].whole);
		if (!cases[i].body)
			continue;
		assert_int_equal(length, strlen(cases[i].body));
		assert_memory_equal(body, cases[i].body, length);
	}
}

/* MAP-02: nobody waits for what would not be taken. */
static void netstrings_have_a_bound(void **state)
{
	char bytes[16 + MOST] = "10000:";
	const char *body;
	size_t length;

	(void)state;
	memset(bytes + 6, 'x', MOST);
	bytes[6 + MOST] = ',';
	assert_int_equal(netstring_read(bytes, 7 + MOST, MOST, &body, &length), 7 + MOST);
	assert_int_equal(netstring_read(bytes, 7 + MOST, MOST - 1, &body, &length), -1);
}

static void netstrings_are_written(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(netstring_write(out, sizeof(out), "hello", 5), 8);
	assert_memory_equal(out, "5:hello,", 8);
	assert_int_equal(netstring_write(out, 8, "hello", 5), 8);
	assert_int_equal(netstring_write(out, 7, "hello", 5), 0);
	assert_int_equal(netstring_write(out, 3, "", 0), 3);
	assert_int_equal(netstring_write(out, 2, "", 0), 0);
}

static void requests_are_read(void **state)
{
	static const struct {
		const char *bytes;
		ptrdiff_t whole;
		const char *key;
	} cases[] = {
	    {"get example.org\n", 16, "example.org"},
	    {"get a%20b\n", 10, "a b"},
	    {"get %25\nget", 8, "%"},
	    {"get ", 0, NULL},
	    {"get example.org", 0, NULL},
	    {"get \n", -1, NULL},
	    {"GET a\n", -1, NULL},
	    {"put a b\n", -1, NULL},
	    {"get a b\n", -1, NULL},
	    {"get %2\n", -1, NULL},
	    {"get %2x\n", -1, NULL},
	    {"get %00\n", -1, NULL},
	    {"get %0a\n", -1, NULL},
	    {"get a\r\n", -1, NULL},
	};
	char key[TCP_TABLE_LINE];
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bytes = cases[i].bytes;

		assert_int_equal(tcp_table_read(bytes, strlen(bytes), key, &length),
		                 cases[i].whole);
		if (!cases[i].key)
			continue;
		assert_int_equal(length, strlen(cases[i].key));
		assert_memory_equal(key, cases[i].key, length);
	}
}

static void requests_have_a_bound(void **state)
{
	char bytes[TCP_TABLE_LINE + 1] = "get ", key[TCP_TABLE_LINE];
	size_t length;

	(void)state;
	memset(bytes + 4, 'x', sizeof(bytes) - 4);
	assert_int_equal(tcp_table_read(bytes, TCP_TABLE_LINE - 1, key, &length), 0);
	assert_int_equal(tcp_table_read(bytes, TCP_TABLE_LINE, key, &length), -1);
	bytes[TCP_TABLE_LINE - 1] = '\n';
	assert_int_equal(tcp_table_read(bytes, TCP_TABLE_LINE, key, &length), TCP_TABLE_LINE);
	assert_int_equal(length, TCP_TABLE_LINE - 5);
}

static void replies_are_written(void **state)
{
	static const char text[] = "a b%\n\xff";
	char out[TCP_TABLE_LINE], many[TCP_TABLE_LINE];
	size_t length = tcp_table_write(out, sizeof(out), 200, text, strlen(text));

	(void)state;
	assert_int_equal(length, strlen("200 a%20b%25%0A%FF\n"));
	assert_memory_equal(out, "200 a%20b%25%0A%FF\n", length);
	memset(many, 'x', sizeof(many));
	assert_int_equal(tcp_table_write(out, sizeof(out), 500, many, TCP_TABLE_LINE - 5),
	                 TCP_TABLE_LINE);
	assert_int_equal(tcp_table_write(out, sizeof(out), 500, many, TCP_TABLE_LINE - 4), 0);
	assert_int_equal(tcp_table_write(out, 6, 400, "a", 1), 6);
	assert_int_equal(tcp_table_write(out, 5, 400, "a", 1), 0);
	assert_int_equal(tcp_table_write(out, 7, 400, " ", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(netstrings_are_read),    cmocka_unit_test(netstrings_have_a_bound),
	    cmocka_unit_test(netstrings_are_written), cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(requests_have_a_bound),  cmocka_unit_test(replies_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

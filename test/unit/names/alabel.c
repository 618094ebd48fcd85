/* SPDX-License-Identifier: ISC */
/* Internationalised names of next hops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "names/alabel.h"

static void assert_becomes(const char *text, const char *wanted)
{
	char out[320] = "?";
	size_t length = alabel_next_hop(out, sizeof(out), text, strlen(text));

	assert_int_equal(length, strlen(wanted));
	if (length > 0)
		assert_string_equal(out, wanted);
}

static void names(void **state)
{
	(void)state;
	assert_becomes("b\xc3\xbc\x63her.example", "xn--bcher-kva.example");
	assert_becomes("B\xc3\x9c\x43HER.Example", "xn--bcher-kva.example");
	assert_becomes("bu\xcc\x88\x63her.example", "xn--bcher-kva.example"); /* u, and two dots */
	assert_becomes("b\xc3\xbc\x63her.example.", "xn--bcher-kva.example.");
	assert_becomes("b\xc3\xbc\x63her\xe3\x80\x82\x65xample", "xn--bcher-kva.example");
	assert_becomes("fa\xc3\x9f.example", "xn--fa-hia.example");
	assert_becomes("\xe2\x98\x83.example", "xn--n3h.example");
	assert_becomes("b\xc3\xbc\x63her.example:587", "xn--bcher-kva.example:587");
	assert_becomes("[mx.b\xc3\xbc\x63her.example]", "[mx.xn--bcher-kva.example]");
	assert_becomes("[b\xc3\xbc\x63her.example]:25", "[xn--bcher-kva.example]:25");
}

/* What has no need of it is left alone, and not looked at either. */
static void ascii(void **state)
{
	static const char *const as_they_are[] = {
	    "example.org",  "EXAMPLE.org.",  "xn--bcher-kva.example",
	    "xn--.example", "[IPv6:::1]:25", ".example.org",
	    "a b",          "-a_.test"};

	(void)state;
	for (size_t i = 0; i < sizeof(as_they_are) / sizeof(as_they_are[0]); i++)
		assert_becomes(as_they_are[i], as_they_are[i]);
}

static void no_names(void **state)
{
	char text[1200], out[8];

	(void)state;
	assert_becomes("\xff.example", "");
	assert_becomes("b\xc3", "");
	assert_becomes("b\xc3\xbc\x63her.example:\xc3\xbc", "");
	assert_int_equal(alabel_next_hop(text, sizeof(text), "b\xc3\xbc\0.example", 12), 0);
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	assert_int_equal(alabel_next_hop(text, sizeof(text), text, sizeof(text)), 0);
	assert_int_equal(alabel_next_hop(text, sizeof(text), text, 200), 0); /* one label */
	assert_int_equal(alabel_next_hop(out, sizeof(out), "b\xc3\xbc\x63her.example", 15), 0);
	assert_int_equal(alabel_next_hop(out, sizeof(out), "example.org", 11), 0);
	assert_becomes("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(ascii),
	    cmocka_unit_test(no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* RFC 8460 section 3: which record says where reports go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/reports.h"

static void expect(const char *record, const char *wanted)
{
	char text[512] = "";
	bool found = reports_read(text, record, strlen(record));

	if (found != (wanted != NULL))
		fail_msg("%s", record);
	if (wanted != NULL)
		assert_string_equal(text, wanted);
}

static void records(void **state)
{
	(void)state;
	expect("v=TLSRPTv1; rua=mailto:tls@example.org", "mailto:tls@example.org");
	expect("v=TLSRPTv1;rua=mailto:tls@example.org;", "mailto:tls@example.org");
	expect("v=TLSRPTv1 ;\trua=mailto:a@b.example,https://c.example/v1 ; x=y",
	       "mailto:a@b.example,https://c.example/v1");
	expect("v=TLSRPTv1; x=y; rua=mailto:a@b.example", "mailto:a@b.example");
	/* what is no text is none of ours to print */
	expect("v=TLSRPTv1; rua=mailto:\033[2J", "mailto:\\x1b[2J");
	expect("", NULL);
	expect("v=TLSRPTv1", NULL);
	expect("v=TLSRPTv1;", NULL);
	expect("v=TLSRPTv1; rua=", NULL);
	expect("v=TLSRPTv1; rua= ", NULL);
	expect("v=TLSRPTv10; rua=mailto:a@b.example", NULL);
	expect("v=STSv1; rua=mailto:a@b.example", NULL);
	expect("rua=mailto:a@b.example; v=TLSRPTv1", NULL);
	expect("v=TLSRPTv1 rua=mailto:a@b.example", NULL);
}

/* It need not end with a zero octet. */
static void bounds(void **state)
{
	static const char record[] = "v=TLSRPTv1; rua=mailto:a@b.example";
	char text[512];

	(void)state;
	for (size_t length = 0; length < 17; length++)
		assert_false(reports_read(text, record, length));
	assert_true(reports_read(text, record, 17));
	assert_string_equal(text, "m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records),
	    cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

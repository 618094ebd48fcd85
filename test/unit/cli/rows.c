/* SPDX-License-Identifier: ISC */
/* Two columns: where words are broken, and what is escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/rows.h"

static char *shown(bool colours, size_t indent, const char *about, const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size);

	assert_non_null(to);
	rows_put(&(struct rows){.to = to, .colours = colours}, indent, about, text);
	fclose(to);
	return out;
}

static void expect(size_t indent, const char *about, const char *text, const char *wanted)
{
	char *out = shown(false, indent, about, text);

	assert_string_equal(out, wanted);
	free(out);
}

#define TEN "123456789 "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void columns(void **state)
{
	(void)state;
	expect(2, "RFC 7672 section 2.2", "it is so", "  RFC 7672 section 2.2      it is so\n");
	expect(4, "TLSA 3 1 1", "it is so", "    TLSA 3 1 1              it is so\n");
	expect(2, "", "", "                            \n");
	/* what is too long for the first column pushes the second one */
	expect(2, "RFC 7672 sections 2.2.1 to 2.2.3", "so",
	       "  RFC 7672 sections 2.2.1 to 2.2.3 so\n");
}

static void broken_lines(void **state)
{
	(void)state;
	/* 72 columns are a line, 73 are two */
	expect(2, "a", SEVENTY "ab", "  a                         " SEVENTY "ab\n");
	expect(2, "a", SEVENTY "abc",
	       "  a                         " TEN TEN TEN TEN TEN TEN
	       "123456789\n                            abc\n");
	/* a word is never broken */
	expect(2, "a",
	       SEVENTY
	       "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz b",
	       "  a                         " TEN TEN TEN TEN TEN TEN "123456789\n"
	       "                            "
	       "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n"
	       "                            b\n");
}

static void escapes(void **state)
{
	char *out;

	(void)state;
	/* nobody makes a terminal do anything */
	expect(2, "\033[2J", "\033]0;x\007", "  \\x1b[2J                   \\x1b]0;x\\x07\n");
	out = shown(true, 2, "a", "b");
	assert_string_equal(out, "  \033[2ma                        \033[0m b\n");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns),
	    cmocka_unit_test(broken_lines),
	    cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

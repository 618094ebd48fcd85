/* SPDX-License-Identifier: ISC */
/* Log lines: their forms, and that no peer can forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "log_wire.h"

struct value {
	const char *bytes;
	size_t length;
	const char *want;
};

#define VALUE(bytes, want)                                                                         \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, want                                                     \
	}

static struct log log_on(const struct wire *wire, enum log_format format)
{
	return (struct log){.fd = wire->writer, .level = LOG_LEVEL_INFO, .format = format};
}

/* One object and nothing else, with no name twice. */
static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (!json)
		fail_msg("%s: %s", error.text, text);
	assert_true(json_is_object(json));
	return json;
}

static void say_session(struct log *log)
{
	struct log_line line;

	log_begin(&line, log, LOG_LEVEL_INFO, "session");
	log_text(&line, "front", "submission");
	log_text(&line, "absent", NULL);
	log_number(&line, "bytes", -12);
	log_bytes(&line, "sni", "mail.example.org and more", 16);
	log_number(&line, "most", INT64_MAX);
	log_number(&line, "least", INT64_MIN);
	log_bytes(&line, "empty", NULL, 0);
	log_text(&line, "detail", "two words");
	log_end(&line);
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	assert_int_equal(regexec(&regex, text, 0, NULL, 0), 0);
	regfree(&regex);
}

#define TIME "20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}Z"

static void form_of_logfmt(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire);
	/* as the programs have it that need nothing else */
	struct log log = {.fd = wire.writer, .level = LOG_LEVEL_INFO};
	say_session(&log);
	assert_string_equal(wire_timeless(&wire),
	                    "level=info event=session front=submission bytes=-12 "
	                    "sni=mail.example.org most=9223372036854775807 "
	                    "least=-9223372036854775808 empty=\"\" detail=\"two words\"");
	assert_matches(wire.packet, "^ts=" TIME " level=");
	assert_null(wire_line(&wire));
	wire_close(&wire);
}

static void form_of_json(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire);
	struct log log = log_on(&wire, LOG_JSON);
	say_session(&log);
	assert_string_equal(wire_timeless(&wire),
	                    "\"level\":\"info\",\"event\":\"session\",\"front\":\"submission\","
	                    "\"bytes\":-12,\"sni\":\"mail.example.org\","
	                    "\"most\":9223372036854775807,\"least\":-9223372036854775808,"
	                    "\"empty\":\"\",\"detail\":\"two words\"}");
	assert_matches(wire.packet, "^\\{\"ts\":\"" TIME "\",\"level\":");
	assert_null(wire_line(&wire));
	json_decref(parse(wire.packet));
	wire_close(&wire);
}

static void say_value(struct log *log, const char *bytes, size_t length)
{
	struct log_line line;

	log_begin(&line, log, LOG_LEVEL_WARNING, "e");
	log_bytes(&line, "v", bytes, length);
	log_end(&line);
}

static void assert_values(enum log_format format, const char *before, const struct value *cases,
                          size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wire wire;
		char want[256];

		wire_open(&wire);
		struct log log = log_on(&wire, format);
		say_value(&log, cases[i].bytes, cases[i].length);
		snprintf(want, sizeof(want), "%s%s%s", before, cases[i].want,
		         format == LOG_JSON ? "}" : "");
		assert_string_equal(wire_timeless(&wire), want);
		if (format == LOG_JSON)
			json_decref(parse(wire.packet));
		wire_close(&wire);
	}
}

static void values_in_logfmt(void **state)
{
	static const struct value cases[] = {
	    VALUE("plain", "plain"),
	    VALUE("a:b/c,d;e[f]", "a:b/c,d;e[f]"),
	    VALUE("", "\"\""),
	    VALUE("two words", "\"two words\""),
	    VALUE("a=b", "\"a=b\""),
	    VALUE("say \"hi\"", "\"say \\\"hi\\\"\""),
	    VALUE("back\\slash", "\"back\\\\slash\""),
	    VALUE("x\r\nts=0 level=error event=forged", "\"x\\r\\nts=0 level=error event=forged\""),
	    VALUE("tab\there", "\"tab\\there\""),
	    VALUE("\x1b[2Jgone", "\"\\x1b[2Jgone\""),
	    VALUE("nul\0byte", "\"nul\\x00byte\""),
	    VALUE("del\x7f", "\"del\\x7f\""),
	    VALUE("\xc2\x9b"
	          "31m",
	          "\"\\xc2\\x9b31m\""),
	    VALUE("\xff", "\"\\xff\""),
	};
	(void)state;
	assert_values(LOG_LOGFMT, "level=warning event=e v=", cases,
	              sizeof(cases) / sizeof(cases[0]));
}

static void values_in_json(void **state)
{
	static const struct value cases[] = {
	    VALUE("plain", "\"plain\""),
	    VALUE("12", "\"12\""),
	    VALUE("true", "\"true\""),
	    VALUE("a=b/c", "\"a=b/c\""),
	    VALUE("say \"hi\"", "\"say \\\"hi\\\"\""),
	    VALUE("back\\slash", "\"back\\\\slash\""),
	    VALUE("x\",\"event\":\"forged", "\"x\\\",\\\"event\\\":\\\"forged\""),
	    VALUE("x\"}\r\n{\"ts\":0", "\"x\\\"}\\r\\n{\\\"ts\\\":0\""),
	    VALUE("tab\there", "\"tab\\there\""),
	    VALUE("\x1b[2Jgone", "\"\\u001b[2Jgone\""),
	    VALUE("nul\0byte", "\"nul\\u0000byte\""),
	    VALUE("del\x7f", "\"del\\u007f\""),
	    /* RFC 3629: one, two, three and four octets, and the last of each */
	    VALUE("m\xc3\xbcller", "\"m\\u00fcller\""),
	    VALUE("\xc2\x80\xdf\xbf", "\"\\u0080\\u07ff\""),
	    VALUE("\xe0\xa0\x80\xe2\x80\xae\xef\xbf\xbf", "\"\\u0800\\u202e\\uffff\""),
	    VALUE("\xed\x9f\xbf\xee\x80\x80", "\"\\ud7ff\\ue000\""),
	    VALUE("\xf0\x90\x80\x80\xf0\x9f\x94\x92\xf4\x8f\xbf\xbf",
	          "\"\\ud800\\udc00\\ud83d\\udd12\\udbff\\udfff\""),
	    /* not UTF-8: too long a form, a surrogate, above the last, cut off, alone */
	    VALUE("\xc0\xaf!", "\"\\ufffd\\ufffd!\""),
	    VALUE("\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""),
	    VALUE("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""),
	    VALUE("\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
	    VALUE("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
	    VALUE("\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
	    VALUE("\xe2\x80", "\"\\ufffd\\ufffd\""),
	    VALUE("\xc3\"", "\"\\ufffd\\\"\""),
	    VALUE("\x80\xff", "\"\\ufffd\\ufffd\""),
	};
	(void)state;
	assert_values(LOG_JSON, "\"level\":\"warning\",\"event\":\"e\",\"v\":", cases,
	              sizeof(cases) / sizeof(cases[0]));
}

/* Whatever was text is the same text for who reads the object. */
static void json_says_what_was_said(void **state)
{
	static const char text[] = "\x01\x1f\"\\/ \x7f\r\n\t m\xc3\xbcller \xf0\x9f\x94\x92";
	struct wire wire;

	(void)state;
	wire_open(&wire);
	struct log log = log_on(&wire, LOG_JSON);
	say_value(&log, text, sizeof(text) - 1);
	json_t *json = parse(wire_line(&wire));
	assert_string_equal(json_string_value(json_object_get(json, "v")), text);
	json_decref(json);
	wire_close(&wire);
}

static void assert_cut(enum log_format format, char filling, size_t length)
{
	static char value[3 * LOG_LINE];
	struct wire wire;
	struct log_line line;

	wire_open(&wire);
	struct log log = log_on(&wire, format);
	memset(value, filling, length);
	log_begin(&line, &log, LOG_LEVEL_INFO, "e");
	log_bytes(&line, "v", value, length);
	log_text(&line, "after", "ab");
	log_number(&line, "end", 7);
	log_end(&line);
	const char *text = wire_line(&wire);
	int whole = !strstr(text, "truncated");
	assert_int_equal(whole,
	                 strstr(text, format == LOG_JSON ? ",\"end\":7}" : " end=7") != NULL);
	if (format == LOG_JSON) {
		json_t *json = parse(text);

		assert_int_equal(whole, !json_is_true(json_object_get(json, "truncated")));
		json_decref(json);
	} else {
		/* Cut or not, quotes come in pairs. */
		const char *quote = strchr(text, '"');

		assert_true(!quote || strrchr(text, '"') != quote);
		assert_int_equal(whole, !strstr(text, " truncated=true"));
	}
	/* No more is cut off than has to be: one character, and what tells. */
	assert_true(whole || strlen(text) > LOG_LINE - 48);
	wire_close(&wire);
}

/* Whatever does not fit: the line stays one line, closed, and says so. */
static void long_values_are_cut(void **state)
{
	(void)state;
	for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		for (size_t length = LOG_LINE - 150; length < LOG_LINE + 50; length++)
			assert_cut(format, 'x', length);
		for (size_t length = 600; length < 1100; length++)
			assert_cut(format, '\x01', length);
		assert_cut(format, 'x', 5000);
		assert_cut(format, '\xff', 5000);
	}
}

/* Room is counted in characters of the line, and the last pair may be of any size. */
static void pairs_are_cut(void **state)
{
	static char filling[LOG_LINE];

	(void)state;
	memset(filling, 'x', sizeof(filling));
	for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		for (size_t length = LOG_LINE - 150; length < LOG_LINE; length++) {
			struct wire wire;
			struct log_line line;

			wire_open(&wire);
			struct log log = log_on(&wire, format);
			log_begin(&line, &log, LOG_LEVEL_INFO, "e");
			log_bytes(&line, "v", filling, length);
			log_number(&line, "number", 123456789);
			log_end(&line);
			const char *text = wire_line(&wire);
			/* A number is there as a whole or not at all. */
			assert_int_equal(strstr(text, "number") != NULL,
			                 strstr(text, "123456789") != NULL);
			assert_int_equal(strstr(text, "number") != NULL,
			                 strstr(text, "truncated") == NULL);
			if (format == LOG_JSON)
				json_decref(parse(text));
			wire_close(&wire);
		}
	}
}

static void many_pairs_are_cut(void **state)
{
	static const char *const ends[] = {" n=60 truncated=true", ",\"n\":60,\"truncated\":true}"};

	(void)state;
	for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		struct wire wire;
		struct log_line line;

		wire_open(&wire);
		struct log log = log_on(&wire, format);
		log_begin(&line, &log, LOG_LEVEL_INFO, "e");
		for (int i = 0; i < 2000; i++)
			log_number(&line, "n", i);
		log_end(&line);
		const char *text = wire_line(&wire);
		assert_non_null(text);
		size_t length = strlen(text), end = strlen(ends[format]);
		assert_true(length > end);
		assert_string_equal(text + length - end, ends[format]);
		wire_close(&wire);
	}
}

/* A generator of numbers that are the same every time. */
static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

static void anything_is_a_line(void **state)
{
	static const char *const keys[] = {"a", "b-c", "d.e", "f_g", "h", "i", "j", "k"};
	static char value[5000];
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct wire wire;
		struct log_line line;

		wire_open(&wire);
		struct log log = log_on(&wire, round & 1 ? LOG_JSON : LOG_LOGFMT);
		log_begin(&line, &log, LOG_LEVEL_INFO, "e");
		for (unsigned i = 0; i < 8; i++) {
			size_t length = next(&seed) % (round % 50 ? 200 : sizeof(value));

			for (size_t at = 0; at < length; at++)
				value[at] = (char)next(&seed);
			log_bytes(&line, keys[i], value, length);
		}
		log_end(&line);
		const char *text = wire_line(&wire);
		assert_non_null(text);
		if (round & 1)
			json_decref(parse(text));
		wire_close(&wire);
	}
}

static void levels(void **state)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};

	(void)state;
	for (int limit = LOG_LEVEL_ERROR; limit <= LOG_LEVEL_DEBUG; limit++) {
		struct wire wire;

		wire_open(&wire);
		struct log log = {.fd = wire.writer, .level = limit};
		for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
			char want[64];

			log_say(&log, level, "e", "%d%%", 5);
			snprintf(want, sizeof(want), "level=%s event=e message=5%%", names[level]);
			const char *text = wire_timeless(&wire);
			if (level <= limit)
				assert_string_equal(text, want);
			else
				assert_null(text);
		}
		wire_close(&wire);
	}
}

/* Nothing is there for a line that is not to be written. */
static void silent_lines_take_anything(void **state)
{
	struct wire wire;
	struct log_line line;

	(void)state;
	wire_open(&wire);
	struct log log = log_on(&wire, LOG_LOGFMT);
	memset(&line, 0xff, sizeof(line));
	log_begin(&line, &log, LOG_LEVEL_DEBUG, "e");
	log_text(&line, "t", "x");
	log_number(&line, "n", 1);
	log_bytes(&line, "b", "x", 1);
	log_end(&line);
	assert_null(wire_line(&wire));
	log_say(&log, LOG_LEVEL_INFO, "e", "control");
	assert_non_null(wire_line(&wire));
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(form_of_logfmt),
	    cmocka_unit_test(form_of_json),
	    cmocka_unit_test(values_in_logfmt),
	    cmocka_unit_test(values_in_json),
	    cmocka_unit_test(json_says_what_was_said),
	    cmocka_unit_test(long_values_are_cut),
	    cmocka_unit_test(pairs_are_cut),
	    cmocka_unit_test(many_pairs_are_cut),
	    cmocka_unit_test(anything_is_a_line),
	    cmocka_unit_test(levels),
	    cmocka_unit_test(silent_lines_take_anything),
	};
	return cmocka_run_group_tests_name("loop/log", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/* How the tests of the configuration read one, and what they want to hear of it. */
#ifndef TEST_GATE_CONFIG_READING_H
#define TEST_GATE_CONFIG_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gate/config.h"

static inline int read_string(const char *text, struct config *config, struct config_error *error)
{
	return config_read("t.conf", text, strlen(text), config, error);
}

static inline void print_complaints(const struct config_error *error)
{
	for (size_t i = 0; i < error->count && i < CONFIG_ERRORS; i++)
		print_message("  %s\n", error->list[i].text);
}

static inline struct config accepted(const char *text)
{
	struct config config;
	struct config_error error;
	if (read_string(text, &config, &error)) {
		print_complaints(&error);
		fail_msg("refused:\n%s", text);
	}
	assert_int_equal(error.count, 0);
	return config;
}

/* Refused, and the complaints are these, no more and in that order. */
static inline void refuse(const char *text, const char *const *complaints)
{
	struct config config;
	struct config_error error;
	size_t count = 0;
	if (read_string(text, &config, &error) == 0)
		fail_msg("accepted:\n%s", text);
	for (; complaints[count]; count++) {
		if (count == error.count || strcmp(error.list[count].text, complaints[count])) {
			print_complaints(&error);
			fail_msg("wanted: %s\nfrom:\n%s", complaints[count], text);
		}
	}
	if (error.count != count) {
		print_complaints(&error);
		fail_msg("more complaints than %zu from:\n%s", count, text);
	}
}

struct bad {
	const char *text;
	const char *complaints[4];
};

static inline void refuse_all(const struct bad *cases, size_t count, const char *before,
                              const char *after)
{
	char text[4096];
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s%s%s", before, cases[i].text, after);
		refuse(text, cases[i].complaints);
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CERTIFICATE "certificate { chain = c.pem key = k.pem }\n"
#define GOOD_FRONT                                                                                 \
	"front ok { protocol = imap listen = \"127.0.0.1:143\" tls = required backend = "          \
	"\"127.0.0.1:10143\" }\n"

/* Accepted, and not looked at. */
static inline void accept_all(const char *const *cases, size_t count, const char *before,
                              const char *after)
{
	char text[2048];
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s%s%s", before, cases[i], after);
		struct config config = accepted(text);
		config_free(&config);
	}
}

/* Each line is added to this front, as the file's third. */
#define OPEN                                                                                       \
	CERTIFICATE "front f { protocol = imap tls = required listen = '127.0.0.1:143' backend "   \
	            "= 'localhost:1143'\n"

#endif

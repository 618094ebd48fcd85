/* SPDX-License-Identifier: ISC */
/* The head of an HTTP request: what is read, what is refused, and when (RFC 9112). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/http.h"

#define HOST "Host: a\r\n"

static unsigned read_text(const char *text, struct http_request *request)
{
	return http_read(text, strlen(text), request);
}

static void assert_text(struct http_text text, const char *want)
{
	if (!want) {
		assert_null(text.bytes);
		return;
	}
	if (!http_text_is(text, want))
		fail_msg("\"%.*s\", not \"%s\"", (int)text.length, text.bytes, want);
}

static const struct {
	const char *text, *method, *path, *accept;
} good[] = {
    {"GET /metrics HTTP/1.1\r\n" HOST "\r\n", "GET", "/metrics", NULL},
    {"HEAD / HTTP/1.1\r\nhost:a\r\nACCEPT: \t text/plain \r\n\r\n", "HEAD", "/", "text/plain"},
    {"GET /metrics?name=x?y HTTP/1.0\r\n\r\n", "GET", "/metrics", NULL},
    {"BREW /pot HTTP/1.9\n" HOST "\n", "BREW", "/pot", NULL},
    {"\r\nGET /a HTTP/1.1\r\n" HOST "\r\n", "GET", "/a", NULL},
    {"GET http://a.example:9587/healthz?x HTTP/1.1\r\n" HOST "\r\n", "GET", "/healthz", NULL},
    {"GET / HTTP/1.1\r\n" HOST "X:\r\nAccept: a\r\nAccept: b\r\n\r\nbody", "GET", "/", "a"},
    {"GET / HTTP/1.1\r\n" HOST "Y: caf\xc3\xa9\r\n\r\n", "GET", "/", NULL},
};

static void requests_are_read(void **state)
{
	struct http_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(read_text(good[i].text, &request), HTTP_WHOLE);
		assert_text(request.method, good[i].method);
		assert_text(request.path, good[i].path);
		assert_text(request.accept, good[i].accept);
	}
}

static const struct {
	const char *text;
	unsigned status;
} bad[] = {
    {"GET / HTTP/1.1\r\n\r\n", 400},              /* no host */
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400}, /* two of them */
    {"GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400},
    {"GET  / HTTP/1.1\r\n", 400},
    {"GET / HTTP/1.1 \r\n", 400},
    {" GET / HTTP/1.1\r\n", 400},
    {"GET /\r\n", 400}, /* HTTP/0.9 */
    {"GET\r\n", 400},
    {"/ / HTTP/1.1\r\n", 400},
    {"GET metrics HTTP/1.1\r\n", 400},
    {"GET http://a HTTP/1.1\r\n", 400},
    {"GET * HTTP/1.1\r\n", 400},
    {"GET ?x HTTP/1.1\r\n", 400},
    {"GET /\x01 HTTP/1.1\r\n", 400},
    {"GET /\xc3\xa9 HTTP/1.1\r\n", 400},
    {"GET / http/1.1\r\n", 400},
    {"GET / HTTP/1.\r\n", 400},
    {"GET / HTTP/11.1\r\n", 400},
    {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST " folded: a\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "name : a\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "nothing\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST ": a\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "a: b\rc\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "a: b\x7f\r\n", 400},
    {"GET / HTTP/2.0\r\n", 505},
    {"GET / HTTP/0.9\r\n", 505},
    {"\x16\x03\x01\x02\n", 400}, /* TLS */
};

static void nonsense_is_refused(void **state)
{
	struct http_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_text(bad[i].text, &request) != bad[i].status)
			fail_msg("%u for %s", read_text(bad[i].text, &request), bad[i].text);
	assert_int_equal(http_read("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 23, &request), 400);
}

/* Part of a good head is not bad, and a bad one does not get better. */
static void parts_are_parts(void **state)
{
	struct http_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *body = strstr(good[i].text, "\n\n");
		const char *other = strstr(good[i].text, "\r\n\r\n");
		size_t length = (size_t)((other  ? other + 4
		                          : body ? body + 2
		                                 : NULL) -
		                         good[i].text);

		for (size_t part = 0; part < length; part++)
			assert_int_equal(http_read(good[i].text, part, &request), HTTP_PART);
		assert_int_equal(http_read(good[i].text, length, &request), HTTP_WHOLE);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned status = HTTP_PART;

		for (size_t part = 0; part <= strlen(bad[i].text); part++) {
			unsigned now = http_read(bad[i].text, part, &request);

			assert_true(status == HTTP_PART || now == status);
			status = now;
		}
	}
}

static void reasons_are_given(void **state)
{
	(void)state;
	assert_string_equal(http_reason(404), "Not Found");
	assert_string_equal(http_reason(299), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(parts_are_parts),
	    cmocka_unit_test(reasons_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

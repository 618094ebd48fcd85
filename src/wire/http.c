/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <string.h>

#include "wire/http.h"
#include "wire/lines.h"

#define BAD 400
#define OTHER_VERSION 505

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *http_reason(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

int http_text_is(struct http_text text, const char *word)
{
	return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

static bool begins(struct http_text text, const char *word)
{
	return text.length >= strlen(word) && memcmp(text.bytes, word, strlen(word)) == 0;
}

/* RFC 9110 section 5.6.2 */
static bool is_token(struct http_text text)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < text.length; i++) {
		char c = text.bytes[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
		    !memchr(marks, c, sizeof(marks) - 1))
			return false;
	}
	return text.length > 0;
}

/* What stands before the mark, and goes; the whole if the mark is not there. */
static struct http_text cut(struct http_text *rest, char mark, bool *found)
{
	const char *at = rest->length ? memchr(rest->bytes, mark, rest->length) : NULL;
	struct http_text text = {rest->bytes, at ? (size_t)(at - rest->bytes) : rest->length};
	size_t step = text.length + (at ? 1 : 0);

	rest->bytes += step;
	rest->length -= step;
	*found = at != NULL;
	return text;
}

/* A line ends with CR LF, or with LF alone (RFC 9112 section 2.2).  False: it does
 * not end yet. */
static bool cut_line(struct http_text *rest, struct http_text *line)
{
	bool found;

	*line = cut(rest, '\n', &found);
	if (line->length > 0 && line->bytes[line->length - 1] == '\r')
		line->length--;
	return found;
}

static bool is_visible(struct http_text text)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.bytes[i] <= ' ' || text.bytes[i] >= 127)
			return false;
	return true;
}

/* "http://host/path" is as good as "/path" (RFC 9112 section 3.2.2). */
static bool read_target(struct http_text target, struct http_text *path)
{
	bool found;

	if (!is_visible(target))
		return false;
	if (begins(target, "http://")) {
		target.bytes += strlen("http://");
		target.length -= strlen("http://");
		while (target.length > 0 && *target.bytes != '/') {
			target.bytes++;
			target.length--;
		}
	}
	*path = cut(&target, '?', &found);
	return path->length > 0 && path->bytes[0] == '/';
}

static bool is_version(struct http_text text)
{
	return text.length == 8 && begins(text, "HTTP/") && text.bytes[5] >= '0' &&
	       text.bytes[5] <= '9' && text.bytes[6] == '.' && text.bytes[7] >= '0' &&
	       text.bytes[7] <= '9';
}

static unsigned read_request_line(struct http_text line, struct http_request *request, bool *first)
{
	bool found, more;
	struct http_text target;

	request->method = cut(&line, ' ', &found);
	target = cut(&line, ' ', &more);
	if (!found || !more || !is_token(request->method) || !is_version(line))
		return BAD;
	if (line.bytes[5] != '1')
		return OTHER_VERSION;
	*first = line.bytes[7] == '0';
	return read_target(target, &request->path) ? HTTP_WHOLE : BAD;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct http_text trimmed(struct http_text text)
{
	while (text.length > 0 && is_space(text.bytes[0])) {
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && is_space(text.bytes[text.length - 1]))
		text.length--;
	return text;
}

static bool is_field_value(struct http_text text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.bytes[i];

		if ((c < ' ' && c != '\t') || c == 127)
			return false;
	}
	return true;
}

/* A field that is folded over lines begins with a space, and so has no name (RFC
 * 9112 section 5.2). */
static bool read_field(struct http_text line, struct http_request *request, unsigned *hosts)
{
	bool found;
	struct http_text name = cut(&line, ':', &found);

	if (!found || !is_token(name) || !is_field_value(line))
		return false;
	if (word_is(name.bytes, name.length, "host"))
		++*hosts;
	if (word_is(name.bytes, name.length, "accept") && !request->accept.bytes)
		request->accept = trimmed(line);
	return true;
}

unsigned http_read(const char *bytes, size_t count, struct http_request *request)
{
	struct http_text rest = {bytes, count}, line;
	unsigned hosts = 0, status;
	bool first;

	*request = (struct http_request){0};
	do /* an empty line before the first one is forgiven (RFC 9112 section 2.2) */
		if (!cut_line(&rest, &line))
			return HTTP_PART;
	while (line.length == 0 && line.bytes == bytes);
	status = read_request_line(line, request, &first);
	while (status == HTTP_WHOLE) {
		if (!cut_line(&rest, &line))
			return HTTP_PART;
		if (line.length == 0)
			break;
		if (!read_field(line, request, &hosts))
			status = BAD;
	}
	/* RFC 9112 section 3.2 */
	return status == HTTP_WHOLE && (hosts > 1 || (hosts == 0 && !first)) ? BAD : status;
}

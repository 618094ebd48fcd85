/* SPDX-License-Identifier: ISC */
/*
 * The policy of MTA-STS (RFC 8461 section 3.2), a "key: value" a line:
 *
 *	sts-policy-record      = sts-policy-field *WSP
 *	                         *(sts-policy-term sts-policy-field *WSP) [sts-policy-term]
 *	sts-policy-field-delim = ":" *WSP
 *	sts-policy-version     = sts-policy-version-field delim %s"STSv1"
 *	sts-policy-mode        = ... %s"testing" / %s"enforce" / %s"none"
 *	sts-policy-mx          = ... ["*."] Domain
 *	sts-policy-max-age     = ... 1*10(DIGIT)
 *	sts-policy-term        = LF / CRLF
 *
 * Lines with nothing in them are let pass, though the grammar has none.  Of a key
 * that is there twice the first one counts, but for "mx"; unknown keys are passed
 * over.
 */
#include <stdbool.h>
#include <string.h>

#include <starttls/sts.h>

#include "policy/name.h"
#include "policy/sized.h"
#include "policy/sts_key.h"
#include "policy/sts_lines.h"

struct line {
	struct stls_text key, value;
};

struct fields {
	bool version, mode, max_age;
};

static struct stls_text trim(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct stls_text){at, (size_t)(end - at)};
}

/* The next line without its end; false behind the last one. */
static bool next_line(const char **at, const char *end, struct stls_text *line)
{
	const char *start = *at, *stop;

	if (start == end)
		return false;
	stop = memchr(start, '\n', (size_t)(end - start));
	*at = stop ? stop + 1 : end;
	if (!stop)
		stop = end;
	else if (stop > start && stop[-1] == '\r')
		stop--;
	*line = (struct stls_text){start, (size_t)(stop - start)};
	return true;
}

/* False for a line that is no key, ":" and value. */
static bool split(struct stls_text text, struct line *line)
{
	const char *end = text.bytes + text.length, *colon;

	line->key = sts_key_read(text.bytes, end);
	colon = text.bytes + line->key.length;
	if (line->key.length == 0 || colon == end || *colon != ':')
		return false;
	line->value = trim(colon + 1, end);
	return true;
}

static bool has_controls(struct stls_text text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.bytes[i];

		if ((c < ' ' && c != '\t') || c == 127)
			return true;
	}
	return false;
}

static bool is(struct stls_text text, const char *word)
{
	return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

static const char *take_mode(struct stls_sts_policy *policy, struct stls_text value)
{
	if (is(value, "enforce"))
		policy->mode = STLS_STS_ENFORCE;
	else if (is(value, "testing"))
		policy->mode = STLS_STS_TESTING;
	else if (is(value, "none"))
		policy->mode = STLS_STS_NONE;
	else
		return "the mode is none of enforce, testing and none";
	return NULL;
}

static const char *take_max_age(struct stls_sts_policy *policy, struct stls_text value)
{
	uint64_t seconds = 0;

	if (value.length < 1 || value.length > 10)
		return "max_age is no number of 1 to 10 digits";
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] < '0' || value.bytes[i] > '9')
			return "max_age is no number of 1 to 10 digits";
		seconds = seconds * 10 + (uint64_t)(value.bytes[i] - '0');
	}
	if (seconds > STLS_STS_OLDEST)
		return "max_age is more than a year (31557600)";
	policy->max_age = (uint32_t)seconds;
	return NULL;
}

/* ["*."] Domain (RFC 8461 section 3.2; a Domain of RFC 5321 section 4.1.2). */
static const char *check_pattern(struct stls_text pattern)
{
	char name[NAME_ROOM];

	if (pattern.length == 0)
		return "an mx is empty";
	if (is(pattern, "*"))
		return "an mx is \"*\", which would be every host there is";
	if (pattern.length > 1 && pattern.bytes[0] == '*' && pattern.bytes[1] == '.') {
		pattern.bytes += 2;
		pattern.length -= 2;
	}
	if (pattern.length == 0 || pattern.bytes[pattern.length - 1] == '.' ||
	    !name_read(name, pattern.bytes, pattern.length))
		return "an mx is no name of a host";
	return name_is_address(name) ? "an mx is an address and not a name" : NULL;
}

static const char *take(struct stls_sts_policy *policy, struct fields *seen, struct line line)
{
	if (sts_key_is(line.key, "mx")) {
		policy->mx_count++;
		return check_pattern(line.value);
	}
	if (sts_key_is(line.key, "version") && !seen->version) {
		seen->version = true;
		return is(line.value, "STSv1") ? NULL : "the version is not STSv1";
	}
	if (sts_key_is(line.key, "mode") && !seen->mode) {
		seen->mode = true;
		return take_mode(policy, line.value);
	}
	if (sts_key_is(line.key, "max_age") && !seen->max_age) {
		seen->max_age = true;
		return take_max_age(policy, line.value);
	}
	return NULL;
}

static const char *read_lines(struct stls_sts_policy *policy, struct fields *seen)
{
	const char *at = policy->text, *end = at + policy->length, *wrong = NULL;
	struct stls_text text;
	struct line line;

	while (!wrong && next_line(&at, end, &text)) {
		if (has_controls(text))
			return "there are control characters in it";
		if (trim(text.bytes, text.bytes + text.length).length == 0)
			continue;
		if (!split(text, &line))
			return "there is a line that is no key, \":\" and value";
		wrong = take(policy, seen, line);
	}
	return wrong;
}

static const char *missing(const struct stls_sts_policy *policy, const struct fields *seen)
{
	if (!seen->version)
		return "there is no version";
	if (!seen->mode)
		return "there is no mode";
	if (!seen->max_age)
		return "there is no max_age";
	if (policy->mx_count == 0 && policy->mode != STLS_STS_NONE)
		return "there is no mx";
	return NULL;
}

const char *stls_sts_policy(struct stls_sts_policy *out, const char *text, size_t length)
{
	struct stls_sts_policy policy = {.text = text, .length = length};
	struct fields seen = {false, false, false};
	const char *wrong;

	if (length > STLS_STS_LARGEST)
		wrong = "it is larger than 64 KiB";
	else
		wrong = read_lines(&policy, &seen);
	if (!wrong)
		wrong = missing(&policy, &seen);
	if (wrong)
		policy = (struct stls_sts_policy){.text = ""};
	sized_out(out, out->size, &policy, sizeof(policy));
	return wrong;
}

bool sts_lines_pattern(const struct stls_sts_policy *policy, const char **at,
                       struct stls_text *pattern)
{
	const char *end = policy->text + policy->length;
	struct stls_text text;
	struct line line;

	if (!*at)
		*at = policy->text;
	while (policy->mx_count > 0 && next_line(at, end, &text))
		if (split(text, &line) && sts_key_is(line.key, "mx")) {
			*pattern = line.value;
			return true;
		}
	return false;
}

struct stls_text stls_sts_pattern(const struct stls_sts_policy *policy, size_t index)
{
	struct stls_text pattern;
	const char *at = NULL;

	while (index < policy->mx_count && sts_lines_pattern(policy, &at, &pattern))
		if (index-- == 0)
			return pattern;
	return (struct stls_text){"", 0};
}

const char *stls_sts_mode_name(enum stls_sts_mode mode)
{
	switch (mode) {
	case STLS_STS_NONE: return "none";
	case STLS_STS_TESTING: return "testing";
	case STLS_STS_ENFORCE: return "enforce";
	case STLS_STS_UNKNOWN: break;
	}
	return "";
}

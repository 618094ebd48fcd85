/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "check/reports.h"
#include "check/tape.h"

static const char version[] = "v=TLSRPTv1";

static size_t skip_spaces(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length && (text[at] == ' ' || text[at] == '\t'))
		at++;
	return at;
}

/* The value of the field "rua", up to the next semicolon. */
static const char *addresses(const char *text, size_t length, size_t *count)
{
	const char *end = text + length, *semicolon = memchr(text, ';', length);

	while (semicolon != NULL) {
		text = semicolon + 1;
		text += skip_spaces(text, (size_t)(end - text));
		semicolon = memchr(text, ';', (size_t)(end - text));
		if (end - text > 4 && memcmp(text, "rua=", 4) == 0) {
			*count = (size_t)((semicolon != NULL ? semicolon : end) - text) - 4;
			return text + 4;
		}
	}
	return NULL;
}

bool reports_read(char out[512], const char *record, size_t length)
{
	size_t begun = sizeof(version) - 1, count;
	const char *found;

	if (length < begun || memcmp(record, version, begun) != 0)
		return false;
	begun += skip_spaces(record + begun, length - begun);
	if (begun == length || record[begun] != ';')
		return false;
	found = addresses(record + begun, length - begun, &count);
	if (found == NULL)
		return false;
	while (count > 0 && (found[count - 1] == ' ' || found[count - 1] == '\t'))
		count--;
	tape_escape(out, 512, found, count);
	return count > 0;
}

/* RFC 8460 section 3: several records are none. */
static void on_records(void *owner, const struct dns_answer *answer)
{
	struct reports *reports = owner;
	size_t found = 0;

	reports->query = NULL;
	for (size_t i = 0; i < answer->count; i++)
		found += reports_read(reports->text, (const char *)answer->records[i].bytes,
		                      answer->records[i].length);
	if (found != 1)
		reports->text[0] = '\0';
	reports->done(reports->owner);
}

bool reports_begin(struct reports *reports, struct dns *dns, const char *domain,
                   void (*done)(void *owner), void *owner)
{
	char name[300];

	*reports = (struct reports){.done = done, .owner = owner};
	snprintf(name, sizeof(name), "_smtp._tls.%s", domain);
	reports->query = dns_ask(dns, name, DNS_TXT, on_records, reports);
	return reports->query != NULL;
}

void reports_end(struct reports *reports)
{
	dns_drop(reports->query);
	reports->query = NULL;
}

/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "service.h"

int service_kind(const char *word, enum service_kind *kind)
{
	if (strcmp(word, "smtp") == 0)
		*kind = SERVICE_SMTP;
	else if (strcmp(word, "imap") == 0)
		*kind = SERVICE_IMAP;
	else if (strncmp(word, "auth=", 5) == 0)
		*kind = SERVICE_AUTH;
	else
		return -1;
	return 0;
}

/* A client that does not wait for its answers is left. */
__attribute__((format(printf, 2, 3))) static void say(struct service *service, const char *format,
                                                      ...)
{
	size_t left = sizeof(service->say) - service->saying;
	va_list list;
	va_start(list, format);
	int length = vsnprintf(service->say + service->saying, left, format, list);
	va_end(list);
	if (length < 0 || (size_t)length >= left)
		service->leave = true;
	else
		service->saying += (size_t)length;
}

static bool is(const char *line, const char *word)
{
	return strncasecmp(line, word, strlen(word)) == 0;
}

static void hear_smtp(struct service *service, const char *line)
{
	if (service->data) {
		service->data = strcmp(line, ".") != 0;
		if (!service->data)
			say(service, "250 2.0.0 Taken\r\n");
	} else if (is(line, "EHLO")) {
		say(service, "250-sink.lab.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
		             "250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n");
	} else if (is(line, "DATA")) {
		service->data = true;
		say(service, "354 Go on\r\n");
	} else if (is(line, "QUIT")) {
		service->leave = true;
		say(service, "221 2.0.0 Bye\r\n");
	} else {
		say(service, "250 2.0.0 Ok\r\n");
	}
}

static void command_imap(struct service *service, const char *command)
{
	unsigned long long octets = 0;
	if (sscanf(command, "GET %llu", &octets) == 1) {
		service->give = octets;
		return;
	}
	if (sscanf(command, "PUT %llu", &octets) == 1) {
		service->take = octets;
		return;
	}
	if (is(command, "CAPABILITY"))
		say(service, "* CAPABILITY IMAP4rev1 LITERAL+\r\n");
	service->leave = is(command, "LOGOUT");
	if (service->leave)
		say(service, "* BYE\r\n");
	say(service, "%s OK Done\r\n", service->tag);
}

/* Literals, as nginx sends them: each of them has a line of its own here. */
static void hear_imap(struct service *service, const char *line)
{
	size_t length = strlen(line);
	bool more = length > 0 && line[length - 1] == '}';
	if (!service->literal) {
		sscanf(line, "%31s", service->tag);
		line += strlen(service->tag);
		line += *line == ' ';
	}
	if (more)
		say(service, "+ Go on\r\n");
	else
		command_imap(service, service->literal ? "" : line);
	service->literal = more;
}

static void hear_auth(struct service *service, const char *word, const char *line)
{
	const char *colon = strchr(word, ':');
	if (*line != '\0' || colon == NULL)
		return;
	say(service,
	    "HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: %.*s\r\nAuth-Port: %s\r\n\r\n",
	    (int)(colon - word), word, colon + 1);
	service->leave = true;
}

static void hear_line(struct service *service, const char *word)
{
	service->line[service->length] = '\0';
	service->length = 0;
	if (service->kind == SERVICE_SMTP)
		hear_smtp(service, service->line);
	else if (service->kind == SERVICE_IMAP)
		hear_imap(service, service->line);
	else
		hear_auth(service, word, service->line);
}

static void hear_octet(struct service *service, const char *word, char octet)
{
	if (octet == '\n')
		hear_line(service, word);
	else if (octet != '\r' && service->length < sizeof(service->line) - 1)
		service->line[service->length++] = octet;
}

static size_t hear_bulk(struct service *service, size_t length)
{
	if (length > service->take)
		length = (size_t)service->take;
	service->take -= length;
	if (length > 0 && service->take == 0)
		say(service, "%s OK Taken\r\n", service->tag);
	return length;
}

void service_begin(struct service *service, enum service_kind kind)
{
	*service = (struct service){.kind = kind};
	if (kind == SERVICE_SMTP)
		say(service, "220 sink.lab.test ESMTP\r\n");
	else if (kind == SERVICE_IMAP)
		say(service, "* OK sink.lab.test\r\n");
}

void service_hear(struct service *service, const char *word, const char *data, size_t length)
{
	for (size_t i = 0; i < length && !service->leave;) {
		size_t bulk = hear_bulk(service, length - i);
		if (bulk == 0)
			hear_octet(service, word, data[i]);
		i += bulk ? bulk : 1;
	}
}

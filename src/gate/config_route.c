/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/config_check.h"
#include "gate/config_route.h"

/* What is wrong with the name of a route; NULL when nothing is. */
static const char *judge_name(const char *name)
{
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at >= 0x80)
			return "a name with letters beyond ASCII is written in the form that DNS "
			       "has (RFC 5890: its A-labels), such as xn--bcher-kva.example";
	if (strncmp(name, "*.", 2) == 0)
		name += 2;
	if (strchr(name, '*'))
		return "a * stands for the whole first label, and for one only, as in "
		       "*.example.org";
	if (name[0] != '\0' && name[strlen(name) - 1] == '.')
		return "there is no dot at the end";
	if (!value_is_host_name(name))
		return "this is not a host name; allowed: letters, digits and hyphens between "
		       "dots, such as example.org or *.example.org";
	return NULL;
}

/* As clients write it, or not: names are compared without case (RFC 4343). */
static void lower(char *name)
{
	for (; *name; name++)
		if (*name >= 'A' && *name <= 'Z')
			*name = (char)(*name - 'A' + 'a');
}

static void read_name(const struct reading *reading, struct config_route *route)
{
	const char *title = grammar_title(reading->section), *wrong = judge_name(title);
	if (wrong)
		complain(reading->complaints, route->line, "route \"%.120s\": %s", title, wrong);
	route->name = value_copy(reading->complaints, title);
	if (route->name)
		lower(route->name);
}

static void read_route(const struct reading *reading, struct config_route *route)
{
	route->line = grammar_line(reading->section);
	read_name(reading, route);
	route->backend = value_addresses(reading, "backend");
	route->backend_name = value_peer_name(reading, "backend-name");
	route->certificates = value_certificates(reading);
	if (grammar_count(reading->section, "backend") == 0)
		complain(reading->complaints, value_line(reading, "backend"),
		         "route \"%.120s\": backend is missing, such as: backend = "
		         "{\"127.0.0.1:10587\"}",
		         grammar_title(reading->section));
}

void config_routes_read(const struct reading *reading, struct config_front *front)
{
	struct reading inner;
	front->routes = value_sections(reading, "route", sizeof(front->routes[0]));
	while (front->routes && value_section(reading, "route", front->route_count, &inner))
		read_route(&inner, &front->routes[front->route_count++]);
}

/* Titles that differ in case only; the parser has refused those that do not. */
static void check_name(const struct reading *reading, const struct config_front *front,
                       size_t index)
{
	const struct config_route *route = &front->routes[index];
	for (size_t i = 0; i < index; i++)
		if (strcmp(front->routes[i].name, route->name) == 0)
			complain(reading->complaints, route->line,
			         "route \"%.120s\": this is here a second time, after line %u",
			         route->name, front->routes[i].line);
}

void config_routes_check(const struct reading *reading, const struct config_front *front)
{
	struct reading inner;
	for (size_t i = 0; value_section(reading, "route", i, &inner); i++) {
		const struct config_route *route = &front->routes[i];
		check_name(reading, front, i);
		value_useless(&inner, "backend-name", front->backend_tls == CONFIG_BACKEND_PLAIN,
		              "without backend-tls = starttls or implicit");
		check_backends(&inner, front, &route->backend,
		               route->backend_name ? route->backend_name : front->backend_name);
	}
}

void config_routes_free(struct config_front *front)
{
	for (size_t i = 0; i < front->route_count; i++) {
		struct config_route *route = &front->routes[i];
		free(route->name);
		free(route->backend_name);
		value_free_addresses(&route->backend);
		value_free_certificates(&route->certificates);
	}
	free(front->routes);
}

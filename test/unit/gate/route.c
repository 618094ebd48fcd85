/* SPDX-License-Identifier: ISC */
/* Which name leads to which service, and that none leads to another one's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "gate/route.h"
#include "gate/service.h"

/* Services are only pointed to. */
static struct service home, one, other, below;

static const struct {
	const char *name;
	struct service *service;
} table[] = {
    {"zebra.example.net", &other},
    {"One.Example.org", &one},
    {"*.example.org", &below},
    {"other.example.org.", &other},
};

static struct route list[4];

static struct routes make_routes(struct service *at_home)
{
	struct routes routes = {.list = list, .count = 4, .home = at_home};

	for (size_t i = 0; i < 4; i++) {
		assert_true(route_name(&list[i], table[i].name));
		list[i].service = table[i].service;
	}
	routes_sort(&routes);
	return routes;
}

#define NONE STLS_FAULT_NONE

static const struct {
	const char *sni, *domain;
	struct service *service; /* where there is a home for all others */
	enum stls_fault fault;
} cases[] = {
    {"one.example.org", NULL, &one, NONE},
    {"ONE.EXAMPLE.ORG", NULL, &one, NONE},
    {"one.example.org.", NULL, &one, NONE},
    {"other.example.org", NULL, &other, NONE},
    {"zebra.example.net", NULL, &other, NONE},
    /* a wildcard is for one label, and does not come before the very name */
    {"any.example.org", NULL, &below, NONE},
    {"a.b.example.org", NULL, &home, NONE},
    {"example.org", NULL, &home, NONE},
    {".example.org", NULL, &home, NONE},
    {"*.example.org", NULL, &home, NONE},
    {"xone.example.org", NULL, &below, NONE},
    {"one.example.orgx", NULL, &home, NONE},
    {"one.example.or", NULL, &home, NONE},
    {"unknown.example.net", NULL, &home, NONE},
    {NULL, NULL, &home, NONE},
    /* XMPP before TLS, or with a handshake that has no name */
    {NULL, "one.example.org", &one, NONE},
    {NULL, "unknown.example.net", &home, NONE},
    /* both */
    {"one.example.org", "one.example.org", &one, NONE},
    {"a.example.org", "b.example.org", &below, NONE},
    {"other.example.org", "zebra.example.net", &other, NONE},
    {"one.example.org", "other.example.org", NULL, STLS_FAULT_NAMES},
    {"one.example.org", "unknown.example.net", NULL, STLS_FAULT_NAMES},
    {"unknown.example.net", "one.example.org", NULL, STLS_FAULT_NAMES},
    /* other letters than a handshake can have say nothing against it */
    {"one.example.org", "b\303\274cher.example", &one, NONE},
    {NULL, "b\303\274cher.example", &home, NONE},
};

static void names_lead_where_they_should(void **state)
{
	struct routes routes = make_routes(&home);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum stls_fault fault = STLS_FAULT_INTERNAL;

		if (routes_choose(&routes, cases[i].sni, cases[i].domain, &fault) !=
		        cases[i].service ||
		    fault != cases[i].fault)
			fail_msg("%s, %s: %s", cases[i].sni, cases[i].domain,
			         stls_fault_name(fault));
	}
}

/* Who would be led home is led nowhere where there is no home, and nobody else is. */
static void without_a_home_the_others_lead_nowhere(void **state)
{
	struct routes routes = make_routes(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool lost = cases[i].service == &home;
		struct service *wanted = lost ? NULL : cases[i].service;
		enum stls_fault fault = STLS_FAULT_INTERNAL;
		struct service *found =
		    routes_choose(&routes, cases[i].sni, cases[i].domain, &fault);

		if (found != wanted || fault != (lost ? STLS_FAULT_ROUTE : cases[i].fault))
			fail_msg("%s, %s: %s", cases[i].sni, cases[i].domain,
			         stls_fault_name(fault));
	}
}

static void without_routes_all_lead_home(void **state)
{
	const struct routes routes = {.home = &home};
	enum stls_fault fault;

	(void)state;
	assert_ptr_equal(routes_choose(&routes, NULL, NULL, &fault), &home);
	assert_ptr_equal(routes_choose(&routes, "a.example", "b.example", &fault), &home);
	assert_int_equal(fault, NONE);
}

static void names_that_are_too_long_are_none(void **state)
{
	struct routes routes = make_routes(&home);
	char name[ROUTE_NAME + 1];
	enum stls_fault fault;
	struct route route;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[ROUTE_NAME] = '\0';
	assert_false(route_name(&route, name));
	assert_ptr_equal(routes_choose(&routes, name, NULL, &fault), &home);
	name[ROUTE_NAME - 1] = '\0';
	assert_true(route_name(&route, name));
	assert_ptr_equal(routes_choose(&routes, name, NULL, &fault), &home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_lead_where_they_should),
	    cmocka_unit_test(without_a_home_the_others_lead_nowhere),
	    cmocka_unit_test(without_routes_all_lead_home),
	    cmocka_unit_test(names_that_are_too_long_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

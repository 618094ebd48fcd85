/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/route.h"

/* The form in which names are compared: without case, and without the dot at the end
 * that says that a name is complete. */
bool route_name(struct route *route, const char *name)
{
	size_t length = strlen(name);

	if (length && name[length - 1] == '.')
		length--;
	if (length >= ROUTE_NAME)
		return false;
	for (size_t i = 0; i < length; i++)
		route->name[i] =
		    (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
	route->name[length] = '\0';
	return true;
}

static int compare(const void *one, const void *other)
{
	return strcmp(((const struct route *)one)->name, ((const struct route *)other)->name);
}

void routes_sort(struct routes *routes)
{
	if (routes->count)
		qsort(routes->list, routes->count, sizeof(*routes->list), compare);
}

static const struct route *look_up(const struct routes *routes, const struct route *key)
{
	if (!routes->count)
		return NULL;
	return bsearch(key, routes->list, routes->count, sizeof(*key), compare);
}

/* A star is the whole first label, and a client's star is none (RFC 9525 section
 * 6.3). */
static struct service *find(const struct routes *routes, const char *name)
{
	struct route key;
	const struct route *found;
	char *dot;

	if (strchr(name, '*') || !route_name(&key, name))
		return routes->home;
	found = look_up(routes, &key);
	dot = strchr(key.name, '.');
	if (!found && dot && dot > key.name) {
		struct route above = {.name = "*"};

		memcpy(above.name + 1, dot, strlen(dot) + 1); /* not longer than the name was */
		found = look_up(routes, &above);
	}
	return found ? found->service : routes->home;
}

/* A stream's domain may be written with letters that no handshake has (RFC 7622
 * section 3.2): those say nothing against a name from there. */
static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 128)
			return false;
	return true;
}

static struct service *unless_nowhere(struct service *service, enum stls_fault *fault)
{
	*fault = service ? STLS_FAULT_NONE : STLS_FAULT_ROUTE;
	return service;
}

struct service *routes_choose(const struct routes *routes, const char *sni, const char *domain,
                              enum stls_fault *fault)
{
	struct service *service;

	if (!sni && !domain)
		return unless_nowhere(routes->home, fault);
	service = find(routes, sni ? sni : domain);
	if (sni && domain && is_ascii(domain) && find(routes, domain) != service) {
		*fault = STLS_FAULT_NAMES;
		return NULL;
	}
	return unless_nowhere(service, fault);
}

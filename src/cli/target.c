/* SPDX-License-Identifier: ISC */
#include "cli/target.h"

bool target_resolver(struct resolver *resolver, struct loop *loop, const struct options *options)
{
	const struct resolver_wish wish = {
	    .config = options->resolver_config,
	    .ca_file = options->ca_file,
	    .milliseconds = options->milliseconds,
	};
	bool needed = options->service != STLS_SERVICE_RELAY || options->resolver_config != NULL ||
	              options->dane || options->command == COMMAND_POLICY;
	char why[DNS_WRONG];

	*resolver = (struct resolver){0};
	if (!needed || resolver_open(resolver, loop, &wish, why))
		return true;
	complain("names cannot be looked up: %s", why);
	return false;
}

/* TLSA records are told of where somebody probes and has told us whom to ask. */
static enum trail_dane dane_of(const struct options *options)
{
	if (options->dane)
		return TRAIL_DANE_COUNTS;
	return options->command == COMMAND_PROBE && options->resolver_config != NULL
	           ? TRAIL_DANE_TOLD
	           : TRAIL_NO_DANE;
}

struct trail_plan target_plan(const struct options *options, size_t index, struct loop *loop,
                              const struct resolver *resolver)
{
	bool by_url = options->service == STLS_SERVICE_RELAY;

	return (struct trail_plan){
	    .loop = loop,
	    .resolver = resolver->dns != NULL ? resolver : NULL,
	    .goal = {.url = by_url ? &options->services[index] : NULL,
	             .domain = options->words[index],
	             .kind = options->service,
	             .accepted = options->accept,
	             .servername = options->servername,
	             .served = options->domain,
	             .dane = dane_of(options)},
	    .milliseconds = options->milliseconds,
	};
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <starttls/tls.h>

#include "gate/policy_prepare.h"
#include "names/dns.h"

static void check_resolver(const struct config *config, const struct complaints *complaints)
{
	char wrong[DNS_WRONG];

	if (dns_check(&(struct dns_settings){.config = config->resolver.config}, wrong) < 0)
		complain(complaints, config->resolver.line, "resolver: %s", wrong);
}

/* Without them no policy could be fetched, and it would be as if there were none. */
static void check_authorities(const struct config *config, const struct complaints *complaints)
{
	const struct stls_tls_settings settings = {
	    .size = sizeof(settings),
	    .role = STLS_CLIENT,
	    .ca_file = config->resolver.ca_file,
	};
	struct stls_tls_error wrong = {""};
	stls_tls_context *context =
	    config->resolver.ca_file ? stls_tls_context_new(&settings, &wrong) : NULL;

	if (config->resolver.ca_file && !context)
		complain(complaints, config->resolver.line, "resolver: ca-file: %s", wrong.text);
	stls_tls_context_free(context);
}

static void check_state(const struct config *config, const struct complaints *complaints)
{
	struct stat found;
	const char *wrong = NULL;

	if (config->state[0] != '/')
		return;
	if (stat(config->state, &found) < 0)
		wrong = strerror(errno);
	else if (!S_ISDIR(found.st_mode))
		wrong = strerror(ENOTDIR);
	if (wrong)
		complain(complaints, config->state_line,
		         "state: %s: %s; it is a folder that the daemon's user may write to, or "
		         "redis://HOST",
		         config->state, wrong);
}

void policy_prepare(const struct config *config, const struct complaints *complaints)
{
	if (!config->policy_count)
		return;
	check_state(config, complaints);
	check_resolver(config, complaints);
	check_authorities(config, complaints);
}

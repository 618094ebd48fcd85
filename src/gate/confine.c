/* SPDX-License-Identifier: ISC */
#include "gate/confine.h"
#include "proc/privileges.h"
#include "proc/sandbox.h"

/* The first one tells what is the same for all of them. */
static void tell(const struct worker_order *order, const char *event, const char *text)
{
	if (order->kind == BOARD_PROCESS_WORKER && order->index == 0 && text[0])
		log_say(order->log, LOG_LEVEL_INFO, event, "%s", text);
}

static bool has_unix_socket(const struct config_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->list[i].address.kind == ADDRESS_UNIX)
			return true;
	return false;
}

static bool reaches_unix_sockets(const struct config_front *front)
{
	for (size_t i = 0; i < front->route_count; i++)
		if (has_unix_socket(&front->routes[i].backend))
			return true;
	return has_unix_socket(&front->backend);
}

static bool wants_unix_sockets(const struct config *config)
{
	for (size_t i = 0; i < config->front_count; i++)
		if (reaches_unix_sockets(&config->fronts[i]))
			return true;
	return config->log.to != CONFIG_LOG_STDERR;
}

static enum proc_drop become_user(const struct config *config, struct proc_error *error)
{
	const struct proc_wish wish = {.unix_sockets = wants_unix_sockets(config)};

	if (config->sandbox && proc_wants_empty_root(&wish))
		return proc_drop_to_empty_root(config->user, error);
	return proc_drop(config->user, error);
}

int confine_user(const struct worker_order *order)
{
	const struct config *config = &order->generation->config;
	struct proc_error error;
	enum proc_drop dropped = become_user(config, &error);

	if (dropped == PROC_FAILED) {
		log_say(order->log, LOG_LEVEL_ERROR, "user", "%s: user: %s", order->path,
		        error.text);
		return -1;
	}
	tell(order, "user", error.text);
	return 0;
}

void confine_rest(const struct worker_order *order)
{
	const struct config *config = &order->generation->config;
	const struct proc_wish wish = {.unix_sockets = wants_unix_sockets(config)};
	struct proc_report report;

	if (!config->sandbox)
		return;
	proc_sandbox(&wish, &report);
	tell(order, "sandbox", report.text);
}

static const char *or_none(const char *path)
{
	return path ? path : "";
}

/* Authorities are read for each connection, where OpenSSL looks for them, too; the
 * system's name servers and names may change. */
void confine_names(const struct worker_order *order)
{
	const struct config *config = &order->generation->config;
	const char *const read[] = {"/etc/ssl",
	                            "/usr/lib/ssl",
	                            "/usr/share/ca-certificates",
	                            "/usr/local/share/ca-certificates",
	                            "/etc/pki",
	                            "/usr/share/dns",
	                            "/etc/resolv.conf",
	                            "/run/systemd",
	                            "/etc/hosts",
	                            "/usr/share/zoneinfo",
	                            "/dev/urandom",
	                            "/etc/localtime",
	                            or_none(config->resolver.ca_file),
	                            or_none(config->resolver.config),
	                            NULL};
	const char *const write[] = {config->state[0] == '/' ? config->state : NULL, NULL};
	struct proc_report report;

	if (!config->sandbox)
		return;
	proc_sandbox_with_files(&(struct proc_paths){read, write}, &report);
	if (report.text[0])
		log_say(order->log, LOG_LEVEL_INFO, "sandbox", "policy: %s", report.text);
}

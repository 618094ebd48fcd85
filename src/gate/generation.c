/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/child.h"
#include "gate/config_complain.h"
#include "gate/generation.h"
#include "gate/policy_prepare.h"
#include "proc/privileges.h"

static void take_complaint(const struct complaints *complaints, const struct config_front *front,
                           const struct reason *error)
{
	complain(complaints, error->line, "front \"%s\": %s", front->name, error->text);
}

/* A configuration is not to be found fine, or begun with, when no process could be. */
static void check_user(const struct config *config, const struct complaints *complaints)
{
	struct proc_error error;

	if (proc_can_drop(config->user, &error) < 0)
		complain(complaints, 0, "user: %s", error.text);
}

/* All fronts, so that all complaints are heard at once. */
static int prepare(struct generation *generation, struct hosts *hosts,
                   const struct complaints *complaints)
{
	const struct config *config = &generation->config;

	generation->fronts = calloc(config->front_count + 1, sizeof(*generation->fronts));
	if (!generation->fronts) {
		complain(complaints, 0, "there is no memory left");
		return -1;
	}
	check_user(config, complaints);
	if (hosts_look_up(hosts, config) < 0)
		complain(complaints, 0, "backends cannot be looked up: %s", strerror(errno));
	for (size_t i = 0; i < config->front_count; i++) {
		struct reason error;

		generation->front_count++;
		if (front_prepare(&generation->fronts[i], config, &config->fronts[i], hosts,
		                  &error) < 0)
			take_complaint(complaints, &config->fronts[i], &error);
	}
	policy_prepare(config, complaints);
	return complaints->error->count ? -1 : 0;
}

/* What changes while it is being read has changed. */
static int watch(struct generation *generation, const struct complaints *complaints)
{
	const struct config *config = &generation->config;

	if (!config->watch_certificates || stamps_take(&generation->stamps, config) == 0)
		return 0;
	complain(complaints, 0, "there is no memory left");
	return -1;
}

struct generation *generation_new(const char *path, const char *text, size_t length,
                                  struct hosts *hosts, struct config_error *error)
{
	const struct complaints complaints = {path, error};
	struct generation *generation = calloc(1, sizeof(*generation));

	if (!generation) {
		complain(&complaints, 0, "there is no memory left");
		return NULL;
	}
	if (config_read(path, text, length, &generation->config, error) == 0 &&
	    watch(generation, &complaints) == 0 && prepare(generation, hosts, &complaints) == 0)
		return generation;
	generation_free(generation);
	return NULL;
}

static int bind_front(struct generation *generation, struct front *front,
                      const struct ground *ground, struct reason *error)
{
	const struct ticket_ring *ring = tickets_ring(ground->tickets, front->config->name);

	if (!ring || tickets_use(ring, front->tls) < 0) {
		*error =
		    (struct reason){.line = front->config->line, .text = "there is no memory left"};
		return -1;
	}
	front->row = board_row(ground->board, front->config->name,
	                       config_protocol_name(front->config->protocol));
	return front_bind(front, ground->sockets, generation->config.workers, error);
}

static int bind_list(struct socket_set **sets, size_t *count, struct sockets *sockets,
                     const struct config_addresses *listen, const struct complaints *complaints)
{
	for (size_t i = 0; i < listen->count; i++) {
		struct reason error;
		struct socket_set *set = front_take_sockets(sockets, &listen->list[i], 1, &error);

		if (!set) {
			complain(complaints, error.line, "%s", error.text);
			return -1;
		}
		sets[(*count)++] = set;
	}
	return 0;
}

static int bind_metrics(struct generation *generation, struct sockets *sockets,
                        const struct complaints *complaints)
{
	const struct config_addresses *listen = &generation->config.metrics;

	generation->metrics = calloc(listen->count + 1, sizeof(struct socket_set *));
	return !generation->metrics ? -1
	                            : bind_list(generation->metrics, &generation->metrics_count,
	                                        sockets, listen, complaints);
}

static int bind_policies(struct generation *generation, struct sockets *sockets,
                         const struct complaints *complaints)
{
	const struct config *config = &generation->config;
	size_t count = 0;

	for (size_t i = 0; i < config->policy_count; i++)
		count += config->policies[i].listen.count;
	generation->policies = calloc(count + 1, sizeof(struct socket_set *));
	if (!generation->policies)
		return -1;
	for (size_t i = 0; i < config->policy_count; i++)
		if (bind_list(generation->policies, &generation->policy_count, sockets,
		              &config->policies[i].listen, complaints) < 0)
			return -1;
	return 0;
}

static void open_log(struct generation *generation, struct board *board)
{
	static const enum log_format formats[] = {
	    [CONFIG_LOG_LOGFMT] = LOG_LOGFMT,
	    [CONFIG_LOG_JSON] = LOG_JSON,
	};
	static const enum log_to places[] = {
	    [CONFIG_LOG_STDERR] = LOG_TO_STDERR,
	    [CONFIG_LOG_JOURNAL] = LOG_TO_JOURNAL,
	    [CONFIG_LOG_SYSLOG] = LOG_TO_SYSLOG,
	};
	const struct config_log *config = &generation->config.log;

	log_open(&generation->log, &(struct log_settings){
	                               .level = config->level,
	                               .format = formats[config->format],
	                               .to = places[config->to],
	                               .rate = config->rate,
	                               .missed = &board->daemon.log_lines,
	                           });
	generation->logs = true;
}

int generation_bind(struct generation *generation, const char *path, const struct ground *ground,
                    struct config_error *complaint)
{
	const struct complaints complaints = {path, complaint};

	for (size_t i = 0; i < generation->front_count; i++) {
		struct front *front = &generation->fronts[i];
		struct reason error;

		if (bind_front(generation, front, ground, &error) == 0)
			continue;
		take_complaint(&complaints, front->config, &error);
		return -1;
	}
	if (bind_metrics(generation, ground->sockets, &complaints) < 0 ||
	    bind_policies(generation, ground->sockets, &complaints) < 0)
		return -1;
	open_log(generation, ground->board);
	return 0;
}

void generation_unbind(struct generation *generation, struct sockets *sockets)
{
	for (size_t i = 0; i < generation->front_count; i++)
		front_unbind(&generation->fronts[i], sockets);
	while (generation->metrics_count)
		sockets_drop(sockets, generation->metrics[--generation->metrics_count]);
	while (generation->policy_count)
		sockets_drop(sockets, generation->policies[--generation->policy_count]);
}

void generation_close_fronts(struct generation *generation)
{
	while (generation->front_count)
		front_close(&generation->fronts[--generation->front_count]);
}

void generation_free(struct generation *generation)
{
	generation_close_fronts(generation);
	free(generation->fronts);
	if (generation->logs)
		log_close(&generation->log);
	free(generation->children);
	free(generation->metrics);
	free(generation->policies);
	stamps_forget(&generation->stamps);
	config_free(&generation->config);
	free(generation);
}

/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/config_daemon.h"
#include "gate/config_listen.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STATE "/var/lib/starttls"
#define USER "starttls"
#define WORKERS_MAX 256
#define DRAIN 30
#define WATCH_CERTIFICATES 60
#define LOG_RATE 100
#define MANY 1000000

/* The system's name, where the file has none. */
static char *system_name(const struct complaints *complaints)
{
	char name[256] = "";
	if (gethostname(name, sizeof(name) - 1) || name[0] == '\0')
		strcpy(name, "localhost");
	return value_copy(complaints, name);
}

/* What the text means the store knows, when it is opened. */
static char *read_state(const struct reading *reading)
{
	char *state = value_text(reading, "state");
	if (!state)
		return value_copy(reading->complaints, STATE);
	if (state[0] != '/' && strncmp(state, "redis", 5) != 0)
		complain(reading->complaints, value_line(reading, "state"),
		         "state: \"%.80s\" is not allowed; allowed: the path of a folder, from / "
		         "on, or redis://HOST:PORT/0, rediss://..., redis+unix:/PATH",
		         state);
	return state;
}

/* How many processors this process may run on. */
static unsigned processors(void)
{
	cpu_set_t set;
	/* It fails where there are more than a set has place for. */
	int count = sched_getaffinity(0, sizeof(set), &set) ? WORKERS_MAX : CPU_COUNT(&set);
	return count < WORKERS_MAX ? (unsigned)count : WORKERS_MAX;
}

static unsigned read_workers(const struct reading *reading)
{
	static const struct config_range range = {1, WORKERS_MAX, false, "a number", ", or auto"};
	const struct grammar_value *value = grammar_value(reading->section, "workers", 0);
	if (!value || strcmp(value->text, "auto") == 0)
		return processors();
	return value_number(reading, "workers", &range, 1);
}

static void read_log(const struct reading *reading, struct config_log *log)
{
	static const struct config_word levels[] = {
	    {"error", LOG_LEVEL_ERROR},
	    {"warning", LOG_LEVEL_WARNING},
	    {"info", LOG_LEVEL_INFO},
	    {"debug", LOG_LEVEL_DEBUG},
	};
	static const struct config_word formats[] = {
	    {"logfmt", CONFIG_LOG_LOGFMT},
	    {"json", CONFIG_LOG_JSON},
	};
	static const struct config_word targets[] = {
	    {"stderr", CONFIG_LOG_STDERR},
	    {"journal", CONFIG_LOG_JOURNAL},
	    {"syslog", CONFIG_LOG_SYSLOG},
	};
	static const struct config_range rate = {1, MANY, true, "a number of lines a second",
	                                         ", or 0 for no limit"};
	log->level =
	    (enum log_level)value_word(reading, "log-level", levels, COUNT(levels), LOG_LEVEL_INFO);
	log->format = (enum config_log_format)value_word(reading, "log-format", formats,
	                                                 COUNT(formats), CONFIG_LOG_LOGFMT);
	log->to = (enum config_log_to)value_word(reading, "log-to", targets, COUNT(targets),
	                                         CONFIG_LOG_STDERR);
	log->rate = value_number(reading, "log-rate", &rate, LOG_RATE);
}

static void read_limits(const struct reading *reading, struct config_limits *limits)
{
	static const struct config_range many = {1, MANY, true, "a number", ", or 0 for no limit"},
	                                 mebibytes = {64, 1048576, true, "a number of MiB",
	                                              ", or 0 for no limit"};
	struct reading inner;
	*limits = (struct config_limits){20000, 500, 1000, 1024};
	if (!value_only(reading, "limits", &inner))
		return;
	limits->connections = value_number(&inner, "connections", &many, limits->connections);
	limits->connections_per_address =
	    value_number(&inner, "connections-per-address", &many, limits->connections_per_address);
	limits->handshakes_per_address =
	    value_number(&inner, "handshakes-per-address", &many, limits->handshakes_per_address);
	limits->memory = value_number(&inner, "memory", &mebibytes, limits->memory);
}

static void read_metrics(const struct reading *reading, struct config_addresses *metrics)
{
	struct reading inner;
	if (!value_only(reading, "metrics", &inner))
		return;
	*metrics = value_addresses(&inner, "listen");
	listen_check(reading->complaints, metrics);
	if (grammar_count(inner.section, "listen") == 0)
		complain(reading->complaints, value_line(&inner, "listen"),
		         "metrics: listen is missing, such as: listen = {\"127.0.0.1:9587\"}");
}

static void read_identity(const struct reading *reading, struct config *config)
{
	config->hostname = value_host_name(reading, "hostname");
	if (!config->hostname)
		config->hostname = system_name(reading->complaints);
	config->user = value_text(reading, "user");
	if (!config->user)
		config->user = value_copy(reading->complaints, USER);
	config->state = read_state(reading);
	if (grammar_count(reading->section, "state") > 0)
		config->state_line = value_line(reading, "state");
	config->certificates = value_certificates(reading);
}

void daemon_read(const struct reading *reading, struct config *config)
{
	read_identity(reading, config);
	config->workers = read_workers(reading);
	config->sandbox = value_bool(reading, "sandbox", true);
	config->drain = value_seconds(reading, "drain", 1, DRAIN);
	config->watch_certificates =
	    value_seconds(reading, "watch-certificates", 0, WATCH_CERTIFICATES);
	read_log(reading, &config->log);
	read_limits(reading, &config->limits);
	read_metrics(reading, &config->metrics);
}

void daemon_free(struct config *config)
{
	value_free_certificates(&config->certificates);
	value_free_addresses(&config->metrics);
	free(config->hostname);
	free(config->state);
	free(config->user);
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/config.h"
#include "gate/config_front.h"
#include "gate/config_text.h"

#define STATE "/var/lib/starttls"
#define USER "starttls"

/* The system's name, where the file has none. */
static char *system_name(const struct complaints *complaints)
{
	char name[256] = "";
	if (gethostname(name, sizeof(name) - 1) || name[0] == '\0')
		strcpy(name, "localhost");
	return value_copy(complaints, name);
}

static char *read_state(const struct reading *reading)
{
	char *state = value_text(reading, "state");
	if (!state)
		return value_copy(reading->complaints, STATE);
	if (state[0] != '/')
		complain(reading->complaints, value_line(reading, "state"),
		         "state: \"%.80s\" is not allowed; allowed in this version: the path of a "
		         "folder, from / on",
		         state);
	return state;
}

static void read_top(const struct reading *reading, struct config *config)
{
	static const struct config_word levels[] = {
	    {"error", LOG_LEVEL_ERROR},
	    {"warning", LOG_LEVEL_WARNING},
	    {"info", LOG_LEVEL_INFO},
	    {"debug", LOG_LEVEL_DEBUG},
	};
	config->hostname = value_host_name(reading, "hostname");
	if (!config->hostname)
		config->hostname = system_name(reading->complaints);
	config->user = value_text(reading, "user");
	if (!config->user)
		config->user = value_copy(reading->complaints, USER);
	config->state = read_state(reading);
	config->log.level = (enum log_level)value_word(
	    reading, "log-level", levels, sizeof(levels) / sizeof(levels[0]), LOG_LEVEL_INFO);
	config->certificates = value_certificates(reading);
	config->log.rate = 100;
	config->workers = 1;
	config->sandbox = true;
	config->drain = 10;
}

static void read_fronts(const struct reading *reading, struct config *config)
{
	size_t count = grammar_count(reading->section, "front");
	if (count == 0)
		complain(reading->complaints, 0,
		         "there is no front, so nothing to do; such as: front \"imap\" { ... }");
	config->fronts = value_array(reading->complaints, count, sizeof(config->fronts[0]));
	for (size_t i = 0; config->fronts && i < count; i++)
		front_read(reading->complaints, grammar_section(reading->section, "front", i),
		           config, &config->fronts[config->front_count++]);
	front_check_listeners(reading->complaints, config);
}

static void read_text(const struct complaints *complaints, char *text, size_t length,
                      struct config *config)
{
	if (config_text_clean(complaints, text, length))
		return;
	struct reading reading = {complaints, grammar_parse(complaints, text)};
	if (!reading.section)
		return;
	read_top(&reading, config);
	read_fronts(&reading, config);
	grammar_free(reading.section);
}

static int finish(struct config *config, const struct config_error *error)
{
	if (error->count == 0)
		return 0;
	config_free(config);
	return -1;
}

int config_read(const char *path, const char *text, size_t length, struct config *config,
                struct config_error *error)
{
	struct complaints complaints = {path, error};
	memset(config, 0, sizeof(*config));
	error->count = 0;
	char *copy = value_array(&complaints, length + 1, 1);
	if (copy && length > 0)
		memcpy(copy, text, length);
	if (copy)
		read_text(&complaints, copy, length, config);
	free(copy);
	return finish(config, error);
}

int config_load(const char *path, struct config *config, struct config_error *error)
{
	struct complaints complaints = {path, error};
	size_t length;
	memset(config, 0, sizeof(*config));
	error->count = 0;
	char *text = config_text_load(&complaints, &length);
	if (text)
		read_text(&complaints, text, length, config);
	free(text);
	return finish(config, error);
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->front_count; i++)
		front_free(&config->fronts[i]);
	free(config->fronts);
	value_free_certificates(&config->certificates);
	free(config->hostname);
	free(config->state);
	free(config->user);
	memset(config, 0, sizeof(*config));
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/config.h"
#include "gate/config_daemon.h"
#include "gate/config_front.h"
#include "gate/config_listen.h"
#include "gate/config_policy.h"
#include "gate/config_text.h"

static void read_fronts(const struct reading *reading, struct config *config)
{
	struct reading inner;
	if (grammar_count(reading->section, "front") == 0 &&
	    grammar_count(reading->section, "policy") == 0)
		complain(reading->complaints, 0,
		         "there is no front and no policy, so nothing to do; such as: front "
		         "\"imap\" { ... }");
	config->fronts = value_sections(reading, "front", sizeof(config->fronts[0]));
	while (config->fronts && value_section(reading, "front", config->front_count, &inner))
		front_read(&inner, config, &config->fronts[config->front_count++]);
}

static void read_text(const struct complaints *complaints, char *text, size_t length,
                      struct config *config)
{
	if (config_text_clean(complaints, text, length))
		return;
	struct reading reading = {complaints, grammar_parse(complaints, text)};
	if (!reading.section)
		return;
	daemon_read(&reading, config);
	read_fronts(&reading, config);
	config_policy_read(&reading, config);
	listen_check_all(complaints, config);
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
	config_policy_free(config);
	daemon_free(config);
	memset(config, 0, sizeof(*config));
}

bool config_shares_state(const struct config *config)
{
	return strncmp(config->state, "redis", strlen("redis")) == 0;
}

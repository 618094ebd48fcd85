/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/config_values.h"

#define WORDS_MAX 16

char *value_copy(const struct complaints *complaints, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		complain(complaints, 0, "there is no memory left");
	return copy;
}

void *value_array(const struct complaints *complaints, size_t count, size_t size)
{
	void *array = calloc(count > 0 ? count : 1, size);
	if (!array)
		complain(complaints, 0, "there is no memory left");
	return array;
}

void *value_sections(const struct reading *reading, const char *name, size_t size)
{
	return value_array(reading->complaints, grammar_count(reading->section, name), size);
}

bool value_section(const struct reading *reading, const char *name, size_t index,
                   struct reading *inner)
{
	*inner =
	    (struct reading){reading->complaints, grammar_section(reading->section, name, index)};
	return inner->section != NULL;
}

bool value_only(const struct reading *reading, const char *name, struct reading *inner)
{
	*inner = (struct reading){reading->complaints,
	                          grammar_only(reading->complaints, reading->section, name)};
	return inner->section != NULL;
}

unsigned value_line(const struct reading *reading, const char *key)
{
	const struct grammar_value *value = grammar_value(reading->section, key, 0);
	return value ? value->line : grammar_line(reading->section);
}

void value_useless(const struct reading *reading, const char *key, bool useless,
                   const char *because)
{
	if (useless && grammar_given(reading->section, key))
		complain(reading->complaints, value_line(reading, key), "%s: this does nothing %s",
		         key, because);
}

static void complain_word(const struct reading *reading, const struct grammar_value *value,
                          const struct config_word *words, size_t count)
{
	const char *list[WORDS_MAX];
	char allowed[256];
	for (size_t i = 0; i < count; i++)
		list[i] = words[i].word;
	complain_list(allowed, sizeof(allowed), list, count);
	const char *nearest = complain_nearest(value->text, list, count);
	complain(reading->complaints, value->line,
	         "%s: \"%.60s\" is not allowed%s%s%s; allowed: %s", value->key, value->text,
	         nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "",
	         allowed);
}

int value_word(const struct reading *reading, const char *key, const struct config_word *words,
               size_t count, int fallback)
{
	const struct grammar_value *value = grammar_value(reading->section, key, 0);
	if (!value)
		return fallback;
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].word, value->text) == 0)
			return words[i].value;
	complain_word(reading, value, words, count);
	return fallback;
}

bool value_bool(const struct reading *reading, const char *key, bool fallback)
{
	static const struct config_word words[] = {
	    {"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1}, {"off", 0},
	};
	return value_word(reading, key, words, sizeof(words) / sizeof(words[0]), fallback);
}

/* The key's value unless it is empty, which is a complaint. */
static const struct grammar_value *some_text(const struct reading *reading, const char *key)
{
	const struct grammar_value *value = grammar_value(reading->section, key, 0);
	if (!value || value->text[0] != '\0')
		return value;
	complain(reading->complaints, value->line, "%s: this is empty", key);
	return NULL;
}

char *value_text(const struct reading *reading, const char *key)
{
	const struct grammar_value *value = some_text(reading, key);
	return value ? value_copy(reading->complaints, value->text) : NULL;
}

bool value_is_host_name(const char *text)
{
	struct address address;
	char with_port[300];
	int length = snprintf(with_port, sizeof(with_port), "%s:0", text);
	return (size_t)length < sizeof(with_port) && !address_parse(&address, with_port) &&
	       address.kind == ADDRESS_NAME;
}

static int is_ip_address(const char *text)
{
	struct address address;
	char with_port[300];
	int ip6 = strchr(text, ':') != NULL;
	int length = snprintf(with_port, sizeof(with_port), ip6 ? "[%s]:0" : "%s:0", text);
	return (size_t)length < sizeof(with_port) && !address_parse(&address, with_port) &&
	       address.kind == (ip6 ? ADDRESS_IP6 : ADDRESS_IP4);
}

char *value_host_name(const struct reading *reading, const char *key)
{
	const struct grammar_value *value = some_text(reading, key);
	if (!value)
		return NULL;
	if (value_is_host_name(value->text))
		return value_copy(reading->complaints, value->text);
	complain(reading->complaints, value->line,
	         "%s: \"%.80s\" is not a host name; allowed: letters, digits and hyphens between "
	         "dots, such as mail.example.org",
	         key, value->text);
	return NULL;
}

char *value_peer_name(const struct reading *reading, const char *key)
{
	const struct grammar_value *value = grammar_value(reading->section, key, 0);
	if (value && is_ip_address(value->text))
		return value_copy(reading->complaints, value->text);
	return value_host_name(reading, key);
}

char *value_path(const struct reading *reading, const char *key)
{
	const struct grammar_value *value = some_text(reading, key);
	if (!value)
		return NULL;
	const char *path = reading->complaints->path, *slash = strrchr(path, '/');
	if (value->text[0] == '/' || !slash)
		return value_copy(reading->complaints, value->text);
	size_t folder = (size_t)(slash - path) + 1, rest = strlen(value->text) + 1;
	char *joined = value_array(reading->complaints, folder + rest, 1);
	if (joined) {
		memcpy(joined, path, folder);
		memcpy(joined + folder, value->text, rest);
	}
	return joined;
}

char **value_texts(const struct reading *reading, const char *key)
{
	size_t count = grammar_count(reading->section, key);
	if (!grammar_given(reading->section, key))
		return NULL;
	char **texts = value_array(reading->complaints, count + 1, sizeof(texts[0]));
	for (size_t i = 0; texts && i < count; i++) {
		const struct grammar_value *value = grammar_value(reading->section, key, i);
		texts[i] = value_copy(reading->complaints, value->text);
		if (value->text[0] == '\0')
			complain(reading->complaints, value->line, "%s: one of them is empty", key);
	}
	return texts;
}

static char *needed_path(const struct reading *reading, const char *key)
{
	if (!grammar_given(reading->section, key))
		complain(
		    reading->complaints, grammar_line(reading->section),
		    "certificate: %s is missing; a certificate has chain (PEM, leaf first) and "
		    "key (PEM)",
		    key);
	return value_path(reading, key);
}

struct config_certificates value_certificates(const struct reading *reading)
{
	struct config_certificates certificates = {0};
	struct reading inner;
	certificates.list = value_sections(reading, "certificate", sizeof(certificates.list[0]));
	while (certificates.list &&
	       value_section(reading, "certificate", certificates.count, &inner)) {
		struct config_certificate *one = &certificates.list[certificates.count++];
		one->line = grammar_line(inner.section);
		one->chain = needed_path(&inner, "chain");
		one->key = needed_path(&inner, "key");
	}
	return certificates;
}

void value_free_certificates(struct config_certificates *certificates)
{
	for (size_t i = 0; i < certificates->count; i++) {
		free(certificates->list[i].chain);
		free(certificates->list[i].key);
	}
	free(certificates->list);
	*certificates = (struct config_certificates){0};
}

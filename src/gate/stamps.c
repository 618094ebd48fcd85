/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/siphash.h"
#include "gate/stamps.h"
#include "names/dns.h"
#include "names/fetch.h"

#define TEXT_MOST 16384 /* octets; what is behind them does not count */

/* Symbolic links are followed: renewing often means to point one elsewhere. */
static struct stamp stamp_of(const char *path)
{
	struct stamp stamp = {.path = path};

	if (stat(path, &stamp.file) < 0)
		memset(&stamp.file, 0, sizeof(stamp.file));
	return stamp;
}

/* Of what it says: it is often written anew and says the same. */
static struct stamp stamp_of_text(const char *path)
{
	static const uint8_t key[16];
	struct stamp stamp = {.path = path, .is_text = true};
	char text[TEXT_MOST];
	FILE *file = fopen(path, "re");

	if (!file)
		return stamp;
	stamp.text = siphash(key, text, fread(text, 1, sizeof(text), file));
	fclose(file);
	return stamp;
}

static bool is_same(const struct stamp *one, const struct stamp *other)
{
	const struct stat *a = &one->file, *b = &other->file;

	return one->text == other->text && a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static size_t most(const struct config *config)
{
	size_t count = config->certificates.count * 2 + 2;

	for (size_t i = 0; i < config->front_count; i++) {
		const struct config_front *front = &config->fronts[i];

		count += front->certificates.count * 2 + 1;
		for (size_t r = 0; r < front->route_count; r++)
			count += front->routes[r].certificates.count * 2;
	}
	return count;
}

static void add(struct stamps *stamps, const char *path)
{
	if (path)
		stamps->list[stamps->count++] = stamp_of(path);
}

static void add_certificates(struct stamps *stamps, const struct config_certificates *certificates)
{
	for (size_t i = 0; i < certificates->count; i++) {
		add(stamps, certificates->list[i].chain);
		add(stamps, certificates->list[i].key);
	}
}

/* libunbound reads it once; a file of the operator's has its own forwarders. */
static void add_forwarders(struct stamps *stamps, const struct config *config)
{
	if (config->policy_count && !config->resolver.config)
		stamps->list[stamps->count++] = stamp_of_text(DNS_FORWARDERS);
}

/* They are read once, too. */
static const char *authorities(const struct config *config)
{
	if (!config->policy_count)
		return NULL;
	return config->resolver.ca_file ? config->resolver.ca_file : fetch_authorities();
}

int stamps_take(struct stamps *stamps, const struct config *config)
{
	stamps_forget(stamps);
	stamps->list = calloc(most(config) + 1, sizeof(*stamps->list));
	if (!stamps->list)
		return -1;
	add_certificates(stamps, &config->certificates);
	add(stamps, authorities(config));
	add_forwarders(stamps, config);
	for (size_t i = 0; i < config->front_count; i++) {
		const struct config_front *front = &config->fronts[i];

		add_certificates(stamps, &front->certificates);
		add(stamps, front->backend_ca);
		for (size_t r = 0; r < front->route_count; r++)
			add_certificates(stamps, &front->routes[r].certificates);
	}
	return 0;
}

const char *stamps_changed(const struct stamps *stamps)
{
	for (size_t i = 0; i < stamps->count; i++) {
		const struct stamp *before = &stamps->list[i];
		struct stamp now =
		    before->is_text ? stamp_of_text(before->path) : stamp_of(before->path);

		if (!is_same(&now, before))
			return before->path;
	}
	return NULL;
}

void stamps_forget(struct stamps *stamps)
{
	free(stamps->list);
	*stamps = (struct stamps){0};
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/stamps.h"
#include "names/fetch.h"

/* Symbolic links are followed: renewing often means to point one elsewhere. */
static struct stamp stamp_of(const char *path)
{
	struct stamp stamp = {.path = path};

	if (stat(path, &stamp.file) < 0)
		memset(&stamp.file, 0, sizeof(stamp.file));
	return stamp;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static size_t most(const struct config *config)
{
	size_t count = config->certificates.count * 2 + 1;

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
	for (size_t i = 0; i < config->front_count; i++) {
		const struct config_front *front = &config->fronts[i];

		add_certificates(stamps, &front->certificates);
		add(stamps, front->backend_ca);
		for (size_t r = 0; r < front->route_count; r++)
			add_certificates(stamps, &front->routes[r].certificates);
	}
	return 0;
}

bool stamps_differ(const struct stamps *stamps)
{
	for (size_t i = 0; i < stamps->count; i++) {
		struct stamp now = stamp_of(stamps->list[i].path);

		if (!is_same(&now.file, &stamps->list[i].file))
			return true;
	}
	return false;
}

void stamps_forget(struct stamps *stamps)
{
	free(stamps->list);
	*stamps = (struct stamps){0};
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/state.h"

static bool is_there(const char *state)
{
	char path[4096];

	if (state[0] != '/')
		return true;
	snprintf(path, sizeof(path), "%s/starttls.db", state);
	if (access(path, F_OK) == 0)
		return true;
	complain("%s: %s: starttlsd makes it", path, strerror(errno));
	return false;
}

struct store *state_open(const char *state, int64_t now)
{
	const struct store_settings settings = {.state = state};
	struct store_error error;
	struct store_health health;
	struct store *store;

	if (!is_there(state))
		return NULL;
	store = store_open(&settings, now, &error);
	if (store == NULL) {
		complain("%s", error.text);
		return NULL;
	}
	store_health(store, &health);
	if (!health.trouble)
		return store;
	complain("%s: what is kept there cannot be had: %s", state, health.reason);
	store_close(store);
	return NULL;
}

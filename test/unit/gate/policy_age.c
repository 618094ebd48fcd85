/* SPDX-License-Identifier: ISC */
/*
 * Makes all policies that a store keeps older, as if time had passed, for tests that
 * cannot wait for days:
 *
 *	policy_age FOLDER SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store.h"

static void make_older(int64_t *moment, int64_t seconds)
{
	if (*moment > seconds)
		*moment -= seconds;
}

static int make_all_older(struct store *store, int64_t seconds, int64_t now)
{
	struct store_policy policy;
	char domain[sizeof(policy.domain)] = "";

	while (store_policy_next(store, domain, &policy) == STORE_OK) {
		strcpy(domain, policy.domain);
		make_older(&policy.fetched, seconds);
		make_older(&policy.expires, seconds);
		make_older(&policy.looked, seconds);
		make_older(&policy.wanted, seconds);
		make_older(&policy.failed, seconds);
		if (store_policy_put(store, &policy, now) != STORE_OK)
			return EXIT_FAILURE;
		printf("%s\n", domain);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int64_t now = time(NULL);
	const struct store_settings settings = {.state = argc == 3 ? argv[1] : ""};
	struct store_error error;
	struct store *store = store_open(&settings, now, &error);
	int status;

	if (!store) {
		fprintf(stderr, "%s\n", error.text);
		return EXIT_FAILURE;
	}
	store_tend(store, now);
	status = make_all_older(store, atoll(argv[2]), now);
	store_close(store);
	return status;
}

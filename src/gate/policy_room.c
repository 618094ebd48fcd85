/* SPDX-License-Identifier: ISC */
#include "gate/policy_room.h"
#include "loop/loop.h"
#include "proc/memory.h"

#define SAY_AGAIN_AFTER 60000 /* ms */

/* Half of the descriptors, shared by the services: names are looked up with the others. */
static size_t most_of_files(const struct config *config)
{
	size_t services = config->policy_count ? config->policy_count : 1;
	size_t most = proc_files() / 2 / services;

	return most ? most : 1;
}

void room_open(struct room *room, const struct config *config, const struct config_policy *policy,
               struct log *log)
{
	size_t wanted = config->limits.connections, most = most_of_files(config);

	*room = (struct room){.name = policy->name, .log = log, .most = most};
	room->few_files = !wanted || wanted > most;
	if (!room->few_files)
		room->most = wanted;
}

void room_is_full(struct room *room, bool made)
{
	int64_t now = loop_clock();

	if (now < room->silent_until)
		return;
	room->silent_until = now + SAY_AGAIN_AFTER;
	log_say(room->log, LOG_LEVEL_WARNING, "accept",
	        "policy %s: %zu connections are all that there may be, and %s: %s, or have fewer "
	        "processes ask",
	        room->name, room->most,
	        made ? "who has been quiet for longest makes room for a new one"
	             : "as all of them wait for an answer new ones are refused",
	        room->few_files ? "allow more descriptors (RLIMIT_NOFILE)"
	                        : "raise \"connections\" in \"limits\"");
}

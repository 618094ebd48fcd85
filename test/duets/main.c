/* SPDX-License-Identifier: ISC */
/*
 *	duets [--wrong] FOLDER-OR-FILE...
 *
 * Plays duets whole, byte by byte and cut in two everywhere.  --wrong: each of
 * them must fail, or the player sees nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "player.h"

#define LONG 4096 /* from here on not every cut is made */
#define EDGE 512

struct tally {
	bool wrong; /* failing is right */
	int passed, failed;
};

static bool is_wanted_cut(const struct duet *duet, size_t at)
{
	if (!duet_cuttable(duet, at))
		return false;
	return duet->heard <= LONG || at < EDGE || at + EDGE > duet->heard ||
	       at % (duet->heard / EDGE) == 0;
}

static bool play_everyhow(const struct duet *duet, char *complaint)
{
	if (!duet_play(duet, CUT_NOT, 0, complaint))
		return false;
	if (!duet_play(duet, CUT_BYTES, 0, complaint)) {
		strncat(complaint, " (byte by byte)", COMPLAINT_SIZE - strlen(complaint) - 1);
		return false;
	}
	for (size_t at = 1; at < duet->heard; at++)
		if (is_wanted_cut(duet, at) && !duet_play(duet, CUT_AT, at, complaint)) {
			size_t length = strlen(complaint);

			snprintf(complaint + length, COMPLAINT_SIZE - length, " (cut before %zu)",
			         at);
			return false;
		}
	return true;
}

static void play_file(struct tally *tally, const char *path)
{
	struct duet *duet = duet_read(path);
	char complaint[COMPLAINT_SIZE] = "";
	bool good;

	if (duet == NULL) {
		if (tally->wrong && strstr(path, "/unreadable-") != NULL)
			tally->passed++;
		else
			tally->failed++;
		return;
	}
	good = play_everyhow(duet, complaint);
	if (good == !tally->wrong) {
		tally->passed++;
	} else {
		tally->failed++;
		printf("%s: %s\n", path, good ? "passes, and should not" : complaint);
	}
	duet_free(duet);
}

static int is_duet(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".duet") == 0;
}

static void play_path(struct tally *tally, const char *path)
{
	struct dirent **entries;
	struct stat status;
	char below[4096];
	int count;

	if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
		play_file(tally, path);
		return;
	}
	count = scandir(path, &entries, is_duet, alphasort);
	if (count < 0) {
		perror(path);
		tally->failed++;
	}
	for (int i = 0; i < count; i++) {
		snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		play_file(tally, below);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	struct tally tally = {0};

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--wrong") == 0)
			tally.wrong = true;
		else
			play_path(&tally, argv[i]);
	printf("%d passed, %d failed\n", tally.passed, tally.failed);
	return tally.failed == 0 && tally.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

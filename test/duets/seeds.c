/* SPDX-License-Identifier: ISC */
/*
 *	seeds FOLDER DUET...
 *
 * Writes what the peers of duets say into a folder, in the form that
 * test/fuzz/dialogue.c reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duet.h"

static unsigned char second_octet(const struct stls_spec *spec)
{
	return (unsigned char)((spec->role == STLS_SERVER ? 1 : 0) |
	                       (spec->demand == STLS_MUST ? 2 : 0) | spec->goal << 2 |
	                       spec->layer << 4 | (spec->offers != NULL ? 64 : 0));
}

/* Octet by octet, so that each of our words is said before the next of the peer's. */
static void add_heard(struct octets *seed, const struct duet *duet)
{
	unsigned char head[] = {(unsigned char)duet->spec.protocol, second_octet(&duet->spec), 1};

	octets_add(seed, head, sizeof(head));
	for (size_t i = 0; i < duet->part_count; i++)
		if (duet->parts[i].kind == PART_HEAR)
			octets_add(seed, duet->parts[i].text.bytes, duet->parts[i].text.count);
	octets_add(seed, duet->unread.bytes, duet->unread.count);
}

/* "smtp/client-upgrade.duet" becomes "smtp-client-upgrade". */
static void name_seed(char *name, size_t size, const char *folder, const char *path)
{
	const char *slash = strrchr(path, '/'), *from = path;
	size_t at = (size_t)snprintf(name, size, "%s/", folder);

	for (const char *c = path; slash != NULL && c < slash; c++)
		if (*c == '/')
			from = c + 1;
	at += (size_t)snprintf(name + at, size - at, "%s", from);
	for (char *c = name + strlen(folder) + 1; *c != '\0'; c++)
		if (*c == '/')
			*c = '-';
	name[at - strlen(".duet")] = '\0';
}

static int write_seed(const char *folder, const struct duet *duet)
{
	struct octets seed = {0};
	char name[4096];
	FILE *file;
	int good;

	name_seed(name, sizeof(name), folder, duet->path);
	add_heard(&seed, duet);
	file = fopen(name, "wb");
	good = file != NULL && fwrite(seed.bytes, 1, seed.count, file) == seed.count;
	if (file == NULL || fclose(file) != 0 || !good)
		perror(name);
	octets_free(&seed);
	return good;
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		struct duet *duet = duet_read(argv[i]);
		int good = duet != NULL && (duet->heard > 4096 || write_seed(argv[1], duet));

		if (duet != NULL)
			duet_free(duet);
		if (!good)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: ISC */
/*
 * Runs a fuzz target over the files of folders, without a fuzzer: the corpus is
 * part of every test run, with any compiler.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* In memory of just its size, so that a sanitizer sees the end. */
static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long length;
	if (file && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0) {
		*size = (size_t)length;
		bytes = malloc(*size ? *size : 1);
		rewind(file);
		if (bytes && fread(bytes, 1, *size, file) != *size) {
			free(bytes);
			bytes = NULL;
		}
	}
	if (file)
		fclose(file);
	return bytes;
}

static int replay_file(const char *path)
{
	size_t size;
	uint8_t *bytes = load(path, &size);
	if (!bytes) {
		perror(path);
		return -1;
	}
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return 0;
}

/* The number of files, or -1. */
static int replay_folder(const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char path[4096];
	int count = 0;
	if (!directory) {
		perror(folder);
		return -1;
	}
	while (count >= 0 && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count = replay_file(path) ? -1 : count + 1;
	}
	closedir(directory);
	return count;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);
		if (count < 0)
			return EXIT_FAILURE;
		total += count;
	}
	printf("%d files\n", total);
	return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

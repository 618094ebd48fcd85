/* SPDX-License-Identifier: ISC */
/* A file that is not what it was: it is told, nothing that is read from it is wrong, and what
 * memory holds is there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"

#define COUNT 150
#define FLIPS 150

/* ---- files ---- */

struct image {
	unsigned char *bytes;
	size_t length;
};

static struct image image_of_file(void)
{
	struct image image;
	struct stat file;
	int fd = open(place.database, O_RDONLY);

	assert_int_equal(fstat(fd, &file), 0);
	image.length = (size_t)file.st_size;
	image.bytes = malloc(image.length);
	assert_int_equal(read(fd, image.bytes, image.length), image.length);
	close(fd);
	return image;
}

/* In place, as a disk would, or as if it had always been so. */
static void write_image(const struct image *image, int flags)
{
	int fd = open(place.database, O_WRONLY | O_CREAT | flags, 0600);

	assert_int_equal(write(fd, image->bytes, image->length), image->length);
	close(fd);
}

/* Files that were moved aside; their logs go with them. */
static size_t files_aside(void)
{
	DIR *folder = opendir(place.folder);
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(folder)))
		count += strstr(entry->d_name, ".corrupt-") && !strstr(entry->d_name, "-wal");
	closedir(folder);
	return count;
}

static void remove_all(void)
{
	DIR *folder = opendir(place.folder);
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
}

/* ---- stores ---- */

static struct store *filled(void)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;

	for (int i = 0; i < COUNT; i++) {
		sample_policy(&policy, i);
		assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	}
	return store;
}

/* How many there are; none is another than was written. */
static int count_good(struct store *store)
{
	struct store_policy policy;
	int count = 0;

	for (int i = 0; i < COUNT; i++) {
		sample_policy(&policy, i);
		if (has_policy(store, i, NOW))
			count++;
		else
			assert_int_equal(store_policy_get(store, policy.domain, NOW, &policy),
			                 STORE_NOT_THERE);
	}
	return count;
}

/* ---- found when it is opened ---- */

static void a_flipped_bit_is_told(void **state)
{
	struct image image;
	int told = 0, rescued = 0, least = COUNT;

	(void)state;
	store_close(filled());
	image = image_of_file();
	for (size_t i = 0; i < FLIPS; i++) {
		size_t at = i * (image.length / FLIPS) + i % 13;
		struct store_settings settings = {.state = place.state};
		struct store_error error;
		struct store *store;
		int count;

		image.bytes[at] ^= (unsigned char)(1 << i % 8);
		remove_all();
		write_image(&image, O_EXCL);
		image.bytes[at] ^= (unsigned char)(1 << i % 8);
		store = store_open(&settings, NOW, &error);
		if (!store) { /* the number of the version */
			assert_non_null(strstr(error.text, "of version"));
			continue;
		}
		count = count_good(store);
		if (strstr(all_news(store), "corrupt")) {
			told++;
			rescued += count;
			least = count < least ? count : least;
			assert_int_equal(files_aside(), 1);
		} else {
			assert_int_equal(count, COUNT);
		}
		store_close(store);
	}
	free(image.bytes);
	print_message("%d of %d flips told, %d of %d policies rescued, at least %d\n", told, FLIPS,
	              rescued, told * COUNT, least);
	assert_in_range(told, FLIPS / 4, FLIPS); /* much of it is empty */
	assert_in_range(rescued, told * COUNT / 10 * 8, told * COUNT);
}

/* What is left of it is found again; what is not is told. */
static void what_was_cut_off_is_told(void **state)
{
	struct image image;

	(void)state;
	store_close(filled());
	image = image_of_file();
	for (size_t part = 1; part < 8; part++) {
		struct image some = {image.bytes, image.length * part / 8};
		struct store *store;

		remove_all();
		write_image(&some, O_EXCL);
		store = place_open(&place, NOW);
		assert_in_range(count_good(store), 0, COUNT - 1);
		assert_non_null(strstr(all_news(store), "was corrupt"));
		store_close(store);
	}
	free(image.bytes);
}

static void garbage_is_moved_aside(void **state)
{
	struct image image = {malloc(10000), 10000};
	struct store *store;

	(void)state;
	for (size_t i = 0; i < image.length; i++)
		image.bytes[i] = (unsigned char)random();
	write_image(&image, O_EXCL);
	store = place_open(&place, NOW);
	assert_int_equal(files_aside(), 1);
	assert_non_null(strstr(all_news(store), "was corrupt"));
	store_close(store);
	store_close(filled()); /* and the new one works */
	store = place_open(&place, NOW);
	assert_int_equal(count_good(store), COUNT);
	assert_string_equal(all_news(store), "");
	store_close(store);
	free(image.bytes);
}

/* ---- found under way ---- */

static void shorten(int part)
{
	struct stat file;

	assert_int_equal(stat(place.database, &file), 0);
	assert_int_equal(truncate(place.database, file.st_size * part / 4), 0);
}

/* Memory has all of it, and writes it to another file. */
static void expect_all_again(struct store *store, const char *what)
{
	struct store_policy policy;
	struct store_health health;

	assert_int_equal(count_good(store), COUNT);
	sample_policy(&policy, 7);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	for (int i = 1; i < 5; i++)
		store_tend(store, NOW + i * 60);
	assert_int_equal(count_good(store), COUNT);
	store_health(store, &health);
	assert_int_equal(health.unwritten, 0);
	if (what)
		assert_non_null(strstr(all_news(store), what));
	store_close(store);
	store = place_open(&place, NOW);
	assert_int_equal(count_good(store), COUNT);
	store_close(store);
}

static void a_file_that_becomes_shorter(void **state)
{
	(void)state;
	for (int part = 0; part < 4; part++) {
		struct store *store;

		remove_all();
		store_close(filled());
		store = place_open(&place, NOW);
		shorten(part);
		expect_all_again(store, "was corrupt");
	}
}

static void a_file_that_is_taken_away(void **state)
{
	struct store *store = filled();

	(void)state;
	remove_all();
	expect_all_again(store, NULL);
}

static void another_file_in_its_place(void **state)
{
	struct image image;
	struct store *store;

	(void)state;
	store = place_open(&place, NOW);
	store_close(store);
	image = image_of_file(); /* empty of policies */
	store = filled();
	remove_all();
	write_image(&image, O_EXCL);
	free(image.bytes);
	expect_all_again(store, NULL);
}

/* What is overwritten under an open database is found a day later, or when it is closed. */
static void what_is_overwritten(bool at_the_end, size_t from)
{
	struct image image;
	struct store *store;

	remove_all();
	store_close(filled());
	store = place_open(&place, NOW);
	image = image_of_file();
	for (size_t i = from; i < image.length; i += 512)
		image.bytes[i] ^= 0x55;
	write_image(&image, 0);
	free(image.bytes);
	if (!at_the_end) {
		for (int i = 0; i < 5; i++)
			store_tend(store, NOW + 90000 + i);
		assert_non_null(strstr(all_news(store), "was corrupt"));
	}
	assert_int_equal(count_good(store), COUNT);
	store_close(store);
	assert_int_equal(files_aside(), 1);
	store = place_open(&place, NOW);
	assert_int_equal(count_good(store), COUNT);
	assert_string_equal(all_news(store), "");
	store_close(store);
}

static void what_is_overwritten_is_found_in_a_day(void **state)
{
	(void)state;
	for (size_t from = 0; from < 12000; from += 1000)
		what_is_overwritten(false, from);
}

static void what_is_overwritten_is_found_in_the_end(void **state)
{
	(void)state;
	for (size_t from = 0; from < 12000; from += 1000)
		what_is_overwritten(true, from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_flipped_bit_is_told, "sqlite"),
	    TEST(what_was_cut_off_is_told, "sqlite"),
	    TEST(garbage_is_moved_aside, "sqlite"),
	    TEST(a_file_that_becomes_shorter, "sqlite"),
	    TEST(a_file_that_is_taken_away, "sqlite"),
	    TEST(another_file_in_its_place, "sqlite"),
	    TEST(what_is_overwritten_is_found_in_a_day, "sqlite"),
	    TEST(what_is_overwritten_is_found_in_the_end, "sqlite"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

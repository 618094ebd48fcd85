/* SPDX-License-Identifier: ISC */
/*
 * TLSA records as they are on the wire: a selection holds usable ones only, in their
 * order, none where there is none, at least one where there is; what was left out is
 * outdone by what was kept; and to select twice is to select once.
 *
 * The input is a length, and as many octets, again and again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starttls/tlsa.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { RECORDS = 32 };

static void require(int truth)
{
	if (!truth)
		abort();
}

static size_t read_all(struct stls_tlsa *records, const uint8_t *data, size_t size)
{
	size_t count = 0;

	while (size > 0 && count < RECORDS) {
		size_t length = data[0] < size ? data[0] : size - 1;

		if (stls_tlsa_read(&records[count], data + 1, length) == 0) {
			require(records[count].length == length - 3);
			count++;
		} else {
			require(length < 3);
		}
		data += 1 + length;
		size -= 1 + length;
	}
	return count;
}

static int same(const struct stls_tlsa *one, const struct stls_tlsa *other)
{
	return one->usage == other->usage && one->selector == other->selector &&
	       one->matching == other->matching && one->data == other->data &&
	       one->length == other->length;
}

static int is_outdone(const struct stls_tlsa *kept, size_t count, const struct stls_tlsa *one)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i].usage == one->usage && kept[i].selector == one->selector &&
		    kept[i].matching > one->matching)
			return one->matching > 0;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stls_tlsa all[RECORDS] = {{0}}, kept[RECORDS], again[RECORDS];
	size_t count = read_all(all, data, size), found, next = 0;

	found = stls_tlsa_select(all, count, kept);
	require(found <= count);
	for (size_t i = 0; i < count; i++) {
		int usable = !stls_tlsa_unusable(&all[i]);

		if (next < found && same(&kept[next], &all[i])) {
			require(usable);
			next++;
		} else {
			require(!usable || is_outdone(kept, found, &all[i]));
		}
	}
	require(next == found);
	require(stls_tlsa_select(kept, found, again) == found);
	memcpy(again, all, count * sizeof(all[0]));
	require(stls_tlsa_select(again, count, again) == found);
	for (size_t i = 0; i < found; i++)
		require(same(&again[i], &kept[i]));
	return 0;
}

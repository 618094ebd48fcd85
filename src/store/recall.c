/* SPDX-License-Identifier: ISC */
#include "store/recall.h"
#include "wire/fault.h"

struct stls_sts_memory store_memory_of(const struct store_policy *kept)
{
	return (struct stls_sts_memory){
	    .size = sizeof(struct stls_sts_memory),
	    .text = kept->text,
	    .length = kept->length,
	    .id = kept->id,
	    .fetched = kept->fetched,
	    .failed = kept->failed,
	    .failed_id = kept->failed_id,
	    .failures = (unsigned)kept->failures,
	    .fault = fault_named(kept->failure),
	    .looked = kept->looked,
	};
}

enum store_result store_recall(struct store *store, const char *domain, int64_t now,
                               struct store_recalled *out)
{
	enum store_result result = store_policy_get(store, domain, now, &out->kept);

	if (result == STORE_OK)
		out->memory = store_memory_of(&out->kept);
	return result;
}

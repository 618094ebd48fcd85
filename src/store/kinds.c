/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "store/kinds.h"
#include "store/merge.h"

#define NUMBER(type, member)                                                                       \
	{                                                                                          \
#member, FIELD_NUMBER, offsetof(struct type, member), sizeof(int64_t)              \
	}
#define TEXT(type, member)                                                                         \
	{                                                                                          \
#member, FIELD_TEXT, offsetof(struct type, member),                                \
		    sizeof(((struct type *)0)->member)                                             \
	}

static const struct field policy_fields[] = {
    TEXT(store_policy, domain),
    {"text", FIELD_LONG, offsetof(struct store_policy, text), STORE_TEXT_LONGEST},
    TEXT(store_policy, id),
    TEXT(store_policy, mode),
    NUMBER(store_policy, fetched),
    NUMBER(store_policy, expires),
    NUMBER(store_policy, looked),
    NUMBER(store_policy, wanted),
    NUMBER(store_policy, failed),
    NUMBER(store_policy, failures),
    TEXT(store_policy, failed_id),
    TEXT(store_policy, failure),
};

static const struct field host_fields[] = {
    TEXT(store_host, key),
    NUMBER(store_host, first_seen),
    NUMBER(store_host, last_seen),
    NUMBER(store_host, occasions),
    NUMBER(store_host, days),
    NUMBER(store_host, vanished),
    NUMBER(store_host, lost),
    NUMBER(store_host, authenticated),
    NUMBER(store_host, authenticated_days),
    NUMBER(store_host, held_since),
    NUMBER(store_host, hold_until),
    NUMBER(store_host, pinned),
    {"changed", FIELD_NUMBER, offsetof(struct store_host, set), sizeof(int64_t)},
    TEXT(store_host, note),
};

static const struct field override_fields[] = {
    TEXT(store_override, destination),
    TEXT(store_override, level),
    TEXT(store_override, names),
    TEXT(store_override, reason),
    {"made", FIELD_NUMBER, offsetof(struct store_override, set), sizeof(int64_t)},
    NUMBER(store_override, expires),
};

#define TICKET(n)                                                                                  \
	{"made" #n, FIELD_NUMBER, offsetof(struct store_tickets, made[n]), sizeof(int64_t)},       \
	{                                                                                          \
		"key" #n, FIELD_OCTETS, offsetof(struct store_tickets, keys[n]), STORE_TICKET_SIZE \
	}

static const struct field ticket_fields[] = {
    TEXT(store_tickets, front),
    NUMBER(store_tickets, number),
    NUMBER(store_tickets, count),
    TICKET(0),
    TICKET(1),
    TICKET(2),
};

#define FIELDS(list) list, sizeof(list) / sizeof((list)[0])

static const struct kind_rules rules[KINDS] = {
    [KIND_POLICY] = {"policies", FIELDS(policy_fields), false, true, merge_policy_moment,
                     merge_policy_until, merge_policy},
    [KIND_HOST] = {"hosts", FIELDS(host_fields), false, true, merge_host_moment, merge_host_until,
                   merge_host},
    [KIND_OVERRIDE] = {"overrides", FIELDS(override_fields), false, false, merge_override_moment,
                       merge_override_until, merge_override},
    [KIND_TICKETS] = {"tickets", FIELDS(ticket_fields), true, false, merge_tickets_moment,
                      merge_tickets_until, merge_tickets},
};

const struct kind_rules *kind_rules(enum kind kind)
{
	return &rules[kind];
}

bool kind_is_sound(enum kind kind, const union record *record)
{
	const char *base = (const char *)record;

	for (size_t i = 0; i < rules[kind].count; i++) {
		const struct field *field = &rules[kind].fields[i];
		size_t length;

		if (field->type == FIELD_TEXT && !memchr(base + field->offset, '\0', field->size))
			return false;
		if (field->type != FIELD_LONG)
			continue;
		memcpy(&length, base + field->offset + sizeof(char *), sizeof(length));
		if (length > field->size)
			return false;
	}
	return record_key(record)[0] != '\0';
}

/* SPDX-License-Identifier: ISC */
/* The ratchet: see doc/ratchet.md. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <starttls/ratchet.h>

#include "policy/name.h"
#include "policy/sized.h"

enum { DAY = 86400 };

struct wishes {
	uint32_t occasions, days;
	int64_t hold, forget;
	bool authentication, let_go;
};

static struct wishes wishes_of(const struct stls_ratchet_settings *given)
{
	struct wishes wishes = {5, 3, (int64_t)4 * DAY, (int64_t)90 * DAY, false, false};
	struct stls_ratchet_settings settings;

	if (!given)
		return wishes;
	sized_in(&settings, sizeof(settings), given, given->size);
	if (settings.occasions)
		wishes.occasions = settings.occasions;
	if (settings.days)
		wishes.days = settings.days;
	if (settings.hold > 0)
		wishes.hold = settings.hold;
	if (settings.forget > 0)
		wishes.forget = settings.forget;
	wishes.authentication = settings.authentication != 0;
	wishes.let_go = settings.let_go != 0;
	return wishes;
}

static struct stls_ratchet host_of(const struct stls_ratchet *given)
{
	struct stls_ratchet host;

	sized_in(&host, sizeof(host), given, given->size);
	return host;
}

static struct stls_occasion occasion_of(const struct stls_occasion *given)
{
	struct stls_occasion occasion;

	sized_in(&occasion, sizeof(occasion), given, given->size);
	return occasion;
}

/* What was seen too long ago says nothing of the host of today; a hold is contact. */
static bool stale(const struct stls_ratchet *host, const struct wishes *wishes, int64_t now)
{
	return host->hold_until == 0 && now - host->last_seen > wishes->forget;
}

static bool holds(const struct stls_ratchet *host, const struct wishes *wishes, int64_t now)
{
	if (host->pinned & STLS_PIN_TLS)
		return true;
	return host->occasions >= wishes->occasions && host->days >= wishes->days &&
	       !stale(host, wishes, now);
}

static bool holds_identity(const struct stls_ratchet *host, const struct wishes *wishes,
                           int64_t now)
{
	if (host->pinned & STLS_PIN_AUTHENTICATION)
		return true;
	return wishes->authentication && host->authenticated >= wishes->occasions &&
	       host->authenticated_days >= wishes->days && !stale(host, wishes, now);
}

int stls_ratchet_holds(const struct stls_ratchet *given,
                       const struct stls_ratchet_settings *settings, int64_t now)
{
	struct stls_ratchet host = host_of(given);
	struct wishes wishes = wishes_of(settings);

	return holds(&host, &wishes, now);
}

static bool good(const struct stls_occasion *occasion)
{
	return occasion->offered && occasion->encrypted;
}

/* Less than what the host is held to. */
static bool falls_short(const struct stls_ratchet *host, const struct wishes *wishes,
                        const struct stls_occasion *occasion, int64_t now)
{
	if (!good(occasion))
		return holds(host, wishes, now) || holds_identity(host, wishes, now);
	return !occasion->authenticated && holds_identity(host, wishes, now);
}

enum stls_ruling stls_ratchet_judge(const struct stls_ratchet *given,
                                    const struct stls_ratchet_settings *settings,
                                    const struct stls_occasion *seen, int64_t now)
{
	struct stls_ratchet host = host_of(given);
	struct stls_occasion occasion = occasion_of(seen);
	struct wishes wishes = wishes_of(settings);

	if (!falls_short(&host, &wishes, &occasion, now))
		return STLS_RULING_FINE;
	if (host.pinned || !wishes.let_go)
		return STLS_RULING_HOLD;
	return host.hold_until != 0 && now >= host.hold_until ? STLS_RULING_LET_GO
	                                                      : STLS_RULING_HOLD;
}

static void count(uint32_t *counter)
{
	if (*counter < UINT32_MAX)
		++*counter;
}

static bool another_day(const struct stls_ratchet *host, int64_t now)
{
	return host->last_seen == 0 || now / DAY > host->last_seen / DAY;
}

static void remember_good(struct stls_ratchet *host, const struct stls_occasion *occasion,
                          int64_t now)
{
	bool new_day = another_day(host, now);

	count(&host->occasions);
	if (new_day)
		count(&host->days);
	if (occasion->authenticated) {
		if (host->authenticated == 0 || new_day)
			count(&host->authenticated_days);
		count(&host->authenticated);
	} else {
		host->authenticated = 0;
		host->authenticated_days = 0;
	}
	if (host->first_seen == 0)
		host->first_seen = now;
	if (now > host->last_seen)
		host->last_seen = now;
	host->vanished = 0;
	host->hold_until = 0;
}

/* What was learned is kept: it is not for the one who strips the offer to make us
 * forget it.  Of a host that is not held to anything, one bad occasion undoes the
 * good ones. */
static bool remember_bad(struct stls_ratchet *host, const struct wishes *wishes, bool held,
                         int64_t now)
{
	bool first = held && host->hold_until == 0;

	count(&host->vanished);
	if (first)
		host->hold_until = now + wishes->hold;
	if (!held)
		host->occasions = host->days = host->authenticated = host->authenticated_days = 0;
	return first;
}

int stls_ratchet_observe(struct stls_ratchet *given, const struct stls_ratchet_settings *settings,
                         const struct stls_occasion *seen, int64_t now)
{
	struct stls_ratchet host = host_of(given);
	struct stls_occasion occasion = occasion_of(seen);
	struct wishes wishes = wishes_of(settings);
	bool held, first = false;

	if (stale(&host, &wishes, now))
		host = (struct stls_ratchet){.size = host.size, .pinned = host.pinned};
	held = falls_short(&host, &wishes, &occasion, now);
	if (!held && good(&occasion))
		remember_good(&host, &occasion, now);
	else
		first = remember_bad(&host, &wishes, held, now);
	sized_out(given, given->size, &host, sizeof(host));
	return first;
}

static size_t write_block(char *out, size_t room, const unsigned char *address, size_t length)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	int wrote = -1;

	if (length == 16 && memcmp(address, mapped, 12) == 0) {
		address += 12;
		length = 4;
	}
	if (length == 4)
		wrote = snprintf(out, room, " %u.%u.%u.0/24", address[0], address[1], address[2]);
	else if (length == 16)
		wrote = snprintf(out, room, " %x:%x:%x:%x::/56", address[0] << 8 | address[1],
		                 address[2] << 8 | address[3], address[4] << 8 | address[5],
		                 address[6] << 8);
	return wrote > 0 && (size_t)wrote < room ? (size_t)wrote : 0;
}

size_t stls_ratchet_key(char *out, size_t room, const char *host, const unsigned char *address,
                        size_t length)
{
	char name[NAME_ROOM];
	size_t used, block;

	if (!name_read(name, host, strlen(host)))
		return 0;
	used = strlen(name);
	if (used >= room)
		return 0;
	memcpy(out, name, used + 1);
	block = write_block(out + used, room - used, address, length);
	return block > 0 ? used + block : 0;
}

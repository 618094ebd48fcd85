/* SPDX-License-Identifier: ISC */
/* Reasons: what a walk has to say for itself. */
#include <string.h>

#include "policy/case.h"

void case_step(struct walk *w, const char *about, const char *rule, const char *text)
{
	struct step_link *link = arena_take(w->arena, 1, sizeof(*link));

	if (!link)
		return;
	/* hosts are walked one after the other */
	link->step = (struct stls_step){about, rule, case_text(w, text),
	                                about[0] != '\0' ? w->host_count : 0};
	*w->steps_end = link;
	w->steps_end = &link->next;
	w->step_count++;
}

const char *case_text(struct walk *w, const char *text)
{
	const char *copy = arena_string(w->arena, text);

	return copy ? copy : "";
}

const char *case_detail(struct walk *w, const struct stls_answer *answer)
{
	const char *text;

	if (!answer->detail || !*answer->detail)
		return "";
	case_print(w, &text, " (%s)", answer->detail);
	return text;
}

const char *case_seconds(struct walk *w, int64_t seconds)
{
	static const struct {
		int64_t length;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t unit = 0;
	const char *text;

	if (seconds < 1)
		return "no time";
	while (seconds < units[unit].length)
		unit++;
	seconds /= units[unit].length;
	case_print(w, &text, "%lld %s%s", (long long)seconds, units[unit].name,
	           seconds == 1 ? "" : "s");
	return text;
}

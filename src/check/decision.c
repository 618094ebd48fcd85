/* SPDX-License-Identifier: ISC */
#include "check/decision.h"

const char *decision_begin(struct decision *decision, const struct stls_case_spec *spec,
                           const struct decision_wish *wish)
{
	const char *wrong = "there is no memory left";

	*decision = (struct decision){.subject = stls_case_open(spec, &wrong)};
	if (decision->subject == NULL)
		return wrong;
	decision->inquiry =
	    inquiry_begin(wish->loop, wish->resolver->dns, wish->resolver->fetcher,
	                  decision->subject, wish->milliseconds, wish->done, wish->owner);
	return decision->inquiry != NULL ? NULL : "there is no memory left";
}

const struct stls_plan *decision_plan(const struct decision *decision)
{
	return stls_case_plan(decision->subject);
}

void decision_end(struct decision *decision)
{
	inquiry_end(decision->inquiry);
	stls_case_close(decision->subject);
	*decision = (struct decision){0};
}

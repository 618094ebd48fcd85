/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <time.h>

#include "store/deadline.h"

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t deadline_in(int ms)
{
	return milliseconds() + ms;
}

int deadline_left(int64_t deadline)
{
	int64_t left = deadline - milliseconds();

	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

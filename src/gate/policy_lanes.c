/* SPDX-License-Identifier: ISC */
#include "gate/policy_lanes.h"

static struct lane_seat *first(const struct link *list)
{
	return link_alone(list) ? NULL : LINK_OWNER(list->next, struct lane_seat, place);
}

static unsigned *count_of(struct lanes *lanes, const struct lane_seat *seat)
{
	return seat->lane == LANE_WAITING ? &lanes->waiting_count
	       : seat->lane == LANE_QUICK ? &lanes->quick_count
	                                  : &lanes->slow_count;
}

static void leave(struct lanes *lanes, struct lane_seat *seat)
{
	(*count_of(lanes, seat))--;
	seat->lane = LANE_NONE;
	link_out(&seat->place);
}

static void enter(struct lanes *lanes, struct lane_seat *seat, unsigned lane)
{
	struct link *list = lane == LANE_WAITING ? &lanes->waiting
	                    : lane == LANE_QUICK ? &lanes->quick
	                                         : &lanes->slow;

	seat->lane = lane;
	link_into(list, &seat->place);
	(*count_of(lanes, seat))++;
}

/* Those at the front of the quick lane have been there for longest. */
static void move_slow_ones(struct lanes *lanes, int64_t now)
{
	struct lane_seat *seat;

	while (lanes->slow_count < lanes->settings.slow && (seat = first(&lanes->quick))) {
		int64_t left = seat->since + lanes->settings.patience - now;

		if (left > 0) {
			if (!timer_is_set(lanes->timer))
				timer_set(lanes->timer, left);
			return;
		}
		leave(lanes, seat);
		enter(lanes, seat, LANE_SLOW);
	}
}

static void start_waiting(struct lanes *lanes, int64_t now)
{
	struct lane_seat *seat;

	while (lanes->quick_count < lanes->settings.quick && (seat = first(&lanes->waiting))) {
		leave(lanes, seat);
		seat->since = now;
		enter(lanes, seat, LANE_QUICK);
		if (lanes->settings.start(lanes->settings.owner, seat))
			continue;
		leave(lanes, seat);
		lanes->settings.dropped(lanes->settings.owner, seat);
	}
}

static void go_on(struct lanes *lanes)
{
	int64_t now = loop_clock();

	move_slow_ones(lanes, now);
	start_waiting(lanes, now);
	if (lanes->quick_count > 0 && !timer_is_set(lanes->timer))
		timer_set(lanes->timer, lanes->settings.patience);
}

static void on_time(void *owner)
{
	go_on(owner);
}

int lanes_open(struct lanes *lanes, struct loop *loop, const struct lanes_settings *settings)
{
	*lanes = (struct lanes){.settings = *settings};
	link_init(&lanes->waiting);
	link_init(&lanes->quick);
	link_init(&lanes->slow);
	lanes->timer = timer_open(loop, on_time, lanes);
	return lanes->timer ? 0 : -1;
}

void lanes_close(struct lanes *lanes)
{
	timer_close(lanes->timer);
	lanes->timer = NULL;
}

bool lanes_queue(struct lanes *lanes, struct lane_seat *seat)
{
	if (lanes->waiting_count >= lanes->settings.waiting)
		return false;
	link_init(&seat->place);
	enter(lanes, seat, LANE_WAITING);
	if (lanes->quick_count < lanes->settings.quick)
		timer_set(lanes->timer, 0);
	return true;
}

void lanes_leave(struct lanes *lanes, struct lane_seat *seat)
{
	if (seat->lane == LANE_NONE)
		return;
	leave(lanes, seat);
	go_on(lanes);
}

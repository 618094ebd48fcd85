/* SPDX-License-Identifier: ISC */
/* Lists of things that leave them by themselves: a link is a thing's member, and a
 * list a link that is nobody's. */
#ifndef NAMES_LINKS_H
#define NAMES_LINKS_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *next, *before;
};

/* The thing that has a link as a member. */
#define LINK_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void link_init(struct link *link)
{
	link->next = link->before = link;
}

/* A list that has nothing, or a link that is in no list. */
static inline bool link_alone(const struct link *link)
{
	return link->next == link;
}

/* Out of whatever list it is in, if any. */
static inline void link_out(struct link *link)
{
	link->before->next = link->next;
	link->next->before = link->before;
	link_init(link);
}

/* The first of a list that has one, out of it. */
static inline struct link *link_take(struct link *list)
{
	struct link *first = list->next;

	list->next = first->next;
	list->next->before = list;
	link_init(first);
	return first;
}

/* To the end of a list, wherever it was before. */
static inline void link_into(struct link *list, struct link *link)
{
	link_out(link);
	link->before = list->before;
	link->next = list;
	list->before->next = link;
	list->before = link;
}

/* Everything of one list into another one, which has nothing. */
static inline void link_move_all(struct link *to, struct link *from)
{
	if (link_alone(from))
		return;
	*to = *from;
	to->next->before = to->before->next = to;
	link_init(from);
}

#endif

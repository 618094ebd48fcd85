/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "loop/level.h"
#include "loop/timer.h"
#include "names/fetch_multi.h"

struct fetch_multi {
	CURLM *curl;
	struct loop *loop;
	struct timer *timer;
	struct curl_slist *over;
	void (*done)(void *transfer, CURLcode);
};

/* A descriptor that libcurl looks at. */
struct spot {
	struct fetch_multi *multi;
	struct level *level;
	curl_socket_t fd;
};

static void tell_done(struct fetch_multi *multi)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi->curl, &left))) {
		char *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		multi->done(transfer, message->data.result);
	}
}

static void act(struct fetch_multi *multi, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(multi->curl, fd, what, &running);
	tell_done(multi);
}

/* The spot may be gone when libcurl has acted. */
static void on_ready(void *owner, unsigned what)
{
	const struct spot *spot = owner;
	int bits = 0;

	if (what & WATCH_READ)
		bits |= CURL_CSELECT_IN;
	if (what & WATCH_WRITE)
		bits |= CURL_CSELECT_OUT;
	act(spot->multi, spot->fd, bits);
}

static void on_time(void *owner)
{
	act(owner, CURL_SOCKET_TIMEOUT, 0);
}

static struct spot *spot_open(struct fetch_multi *multi, curl_socket_t fd)
{
	struct spot *spot = calloc(1, sizeof(*spot));

	if (!spot)
		return NULL;
	*spot = (struct spot){.multi = multi, .fd = fd};
	spot->level = level_open(multi->loop, on_ready, spot);
	if (spot->level && curl_multi_assign(multi->curl, fd, spot) == CURLM_OK)
		return spot;
	level_close(spot->level);
	free(spot);
	return NULL;
}

static void spot_close(struct spot *spot)
{
	if (!spot)
		return;
	curl_multi_assign(spot->multi->curl, spot->fd, NULL);
	level_close(spot->level);
	free(spot);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *owner, void *known)
{
	struct spot *spot = known;
	unsigned bits = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		spot_close(spot);
		return 0;
	}
	if (!spot)
		spot = spot_open(owner, fd);
	if (!spot)
		return -1;
	if (what & CURL_POLL_IN)
		bits |= WATCH_READ;
	if (what & CURL_POLL_OUT)
		bits |= WATCH_WRITE;
	if (bits)
		return level_set(spot->level, fd, bits, LEVEL_FOREVER);
	level_clear(spot->level);
	return 0;
}

static int on_timer(CURLM *curl, long milliseconds, void *owner)
{
	struct fetch_multi *multi = owner;

	(void)curl;
	if (milliseconds < 0)
		timer_clear(multi->timer);
	else
		timer_set(multi->timer, milliseconds);
	return 0;
}

struct fetch_multi *fetch_multi_open(struct loop *loop, void (*done)(void *transfer, CURLcode))
{
	struct fetch_multi *multi = calloc(1, sizeof(*multi));

	if (!multi)
		return NULL;
	multi->loop = loop;
	multi->done = done;
	multi->timer = timer_open(loop, on_time, multi);
	multi->curl = curl_multi_init();
	if (!multi->timer || !multi->curl) {
		fetch_multi_close(multi);
		return NULL;
	}
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, 1L);
	curl_multi_setopt(multi->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return multi;
}

void fetch_multi_close(struct fetch_multi *multi)
{
	if (!multi)
		return;
	curl_multi_cleanup(multi->curl);
	curl_slist_free_all(multi->over);
	timer_close(multi->timer);
	free(multi);
}

int fetch_multi_add(struct fetch_multi *multi, CURL *easy)
{
	return curl_multi_add_handle(multi->curl, easy) == CURLM_OK ? 0 : -1;
}

void fetch_multi_remove(struct fetch_multi *multi, CURL *easy)
{
	curl_multi_remove_handle(multi->curl, easy);
}

void fetch_multi_forget(struct fetch_multi *multi, const char *what)
{
	struct curl_slist *longer = curl_slist_append(multi->over, what);

	if (longer)
		multi->over = longer;
}

struct curl_slist *fetch_multi_over(struct fetch_multi *multi)
{
	struct curl_slist *over = multi->over;

	multi->over = NULL;
	return over;
}

/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop/ends.h"
#include "loop/http.h"
#include "loop/listen.h"
#include "loop/timer.h"

#define CALLERS 32
#define HEAD 8192     /* octets of a request */
#define ASKING 5000   /* ms to say it */
#define TAKING 10000  /* ms to take the answer */
#define PARTING 2000  /* ms to close then */
#define UNHEARD 65536 /* octets that are read in vain meanwhile */

struct caller {
	struct caller *next, **link; /* the one that came last is the first */
	struct http *http;
	struct end end;
	struct timer *limit;
	size_t heard;
	char head[HEAD]; /* the request, then the head of the answer */
	struct http_answer answer;
	size_t length; /* of the answer's head; 0: there is none yet */
	size_t sent;   /* of head and body */
	bool parting;
};

struct http {
	struct loop *loop;
	struct http_acts acts;
	struct listener **listeners;
	size_t listener_count;
	struct caller *callers;
	size_t caller_count;
	bool retired;
};

static void hang_up(struct caller *caller)
{
	struct http *http = caller->http;

	if (caller->next)
		caller->next->link = caller->link;
	*caller->link = caller->next;
	http->caller_count--;
	end_close(&caller->end);
	timer_close(caller->limit);
	free(caller->answer.body);
	free(caller);
	if (http->retired && !http->callers)
		http->acts.empty(http->acts.owner);
}

static void late(void *owner)
{
	hang_up(owner);
}

/* RFC 9110 section 6.6.1 */
static void date(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, 32, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* A body for answers that have none: the reason, on a line. */
static void give_reason(struct http_answer *answer)
{
	const char *reason = http_reason(answer->status);

	answer->type = "text/plain; charset=utf-8";
	answer->length = strlen(reason) + 1;
	answer->body = malloc(answer->length + 1);
	if (answer->body)
		snprintf(answer->body, answer->length + 1, "%s\n", reason);
	else
		answer->length = 0;
}

static void write_head(struct caller *caller, bool body)
{
	struct http_answer *answer = &caller->answer;
	char now[32];

	if (!answer->body)
		give_reason(answer);
	date(now);
	caller->length = (size_t)snprintf(
	    caller->head, sizeof(caller->head),
	    "HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n%sConnection: close\r\n\r\n",
	    answer->status, http_reason(answer->status), now, answer->type, answer->length,
	    answer->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!body)
		answer->length = 0;
	timer_set(caller->limit, TAKING);
}

static void answer(struct caller *caller, unsigned status, const struct http_request *request)
{
	const struct http_acts *acts = &caller->http->acts;
	bool head = status == HTTP_WHOLE && http_text_is(request->method, "HEAD");

	caller->answer = (struct http_answer){.status = status};
	if (status == HTTP_WHOLE && !head && !http_text_is(request->method, "GET"))
		caller->answer.status = 405;
	else if (status == HTTP_WHOLE)
		acts->asked(acts->owner, request, &caller->answer);
	write_head(caller, !head);
}

/* The steps: true to go on with the next one. */

static bool hear(struct caller *caller)
{
	struct http_request request;
	unsigned status = HTTP_PART;

	while (status == HTTP_PART) {
		ptrdiff_t n =
		    end_recv(&caller->end, caller->head + caller->heard, HEAD - caller->heard);

		if (n == END_WAIT)
			return false;
		if (n <= 0) {
			hang_up(caller);
			return false;
		}
		caller->heard += (size_t)n;
		status = http_read(caller->head, caller->heard, &request);
		if (status == HTTP_PART && caller->heard == HEAD)
			status = 431;
	}
	answer(caller, status, &request);
	return true;
}

/* What is still to be sent of head and body, one after the other. */
static const char *unsent(const struct caller *caller, size_t *count)
{
	if (caller->sent < caller->length) {
		*count = caller->length - caller->sent;
		return caller->head + caller->sent;
	}
	*count = caller->length + caller->answer.length - caller->sent;
	return *count ? caller->answer.body + (caller->sent - caller->length) : NULL;
}

static bool say(struct caller *caller)
{
	const char *bytes;
	size_t count;

	while ((bytes = unsent(caller, &count))) {
		ptrdiff_t n = end_send(&caller->end, bytes, count);

		if (n == END_WAIT)
			return false;
		if (n < 0) {
			hang_up(caller);
			return false;
		}
		caller->sent += (size_t)n;
	}
	end_shut(&caller->end);
	caller->parting = true;
	caller->heard = 0;
	timer_set(caller->limit, PARTING);
	return true;
}

/* Closing with something unread would reset the connection, and the reset may
 * overtake the answer. */
static void hear_out(struct caller *caller)
{
	ptrdiff_t n;

	while ((n = end_recv(&caller->end, caller->head, HEAD)) > 0 && caller->heard < UNHEARD)
		caller->heard += (size_t)n;
	if (n != END_WAIT)
		hang_up(caller);
}

static void on_end(void *owner)
{
	struct caller *caller = owner;

	if (!caller->length && !hear(caller))
		return;
	if (!caller->parting && !say(caller))
		return;
	hear_out(caller);
}

static void displace_oldest(struct http *http)
{
	struct caller *oldest = http->callers;

	while (oldest->next)
		oldest = oldest->next;
	hang_up(oldest);
}

static void join(struct caller *caller, struct http *http)
{
	caller->http = http;
	caller->next = http->callers;
	caller->link = &http->callers;
	/* Whoever was displaced is not in the list any more. */
	if (caller->next)
		caller->next->link = &caller->next; /* NOLINT(clang-analyzer-unix.Malloc) */
	http->callers = caller;
	http->caller_count++;
}

static void on_accepted(void *owner, int fd, const struct sockaddr *peer, socklen_t length)
{
	struct http *http = owner;
	struct caller *caller = calloc(1, sizeof(*caller));

	(void)peer;
	(void)length;
	if (!caller) {
		close(fd);
		return;
	}
	if (http->caller_count == CALLERS)
		displace_oldest(http);
	join(caller, http);
	caller->limit = timer_open(http->loop, late, caller);
	if (end_open(&caller->end, http->loop, fd, on_end, caller) == 0 && caller->limit)
		timer_set(caller->limit, ASKING);
	else
		hang_up(caller);
}

static void on_troubled(void *owner, int error)
{
	const struct http_acts *acts = &((struct http *)owner)->acts;

	acts->troubled(acts->owner, error);
}

static struct http *new_http(struct loop *loop, size_t count, const struct http_acts *acts)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->loop = loop;
	http->acts = *acts;
	http->listeners = calloc(count + 1, sizeof(struct listener *));
	if (http->listeners)
		return http;
	free(http);
	return NULL;
}

struct http *http_open(struct loop *loop, const int *fds, size_t count,
                       const struct http_acts *acts)
{
	struct http *http = new_http(loop, count, acts);
	const struct listener_acts own = {on_accepted, on_troubled, http};
	bool good = http != NULL;

	for (size_t i = 0; i < count; i++) {
		struct listener *one = good ? listener_open(loop, fds[i], &own) : NULL;

		if (!good)
			close(fds[i]);
		else if (one)
			http->listeners[http->listener_count++] = one;
		good = good && one;
	}
	if (good)
		return http;
	http_close(http);
	return NULL;
}

void http_retire(struct http *http)
{
	while (http->listener_count > 0)
		listener_retire(http->listeners[--http->listener_count]);
	http->retired = true;
	if (!http->callers)
		http->acts.empty(http->acts.owner);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	http->retired = false;
	while (http->listener_count > 0)
		listener_close(http->listeners[--http->listener_count]);
	for (struct caller *caller = http->callers, *next; caller; caller = next) {
		next = caller->next;
		hang_up(caller);
	}
	free(http->listeners);
	free(http);
}

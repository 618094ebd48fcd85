/* SPDX-License-Identifier: ISC */
/* memmem(3) */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "gate/metrics.h"
#include "loop/http.h"

struct metrics {
	struct metrics_spec spec;
	struct http *http;
};

/* ---- what is not on the board ---- */

static bool is_known(const struct metrics_facts *facts, const char *front,
                     const struct stls_certificate *certificate)
{
	for (size_t i = 0; i < facts->certificate_count; i++) {
		struct metrics_certificate *one = &facts->certificates[i];

		if (strcmp(one->front, front) != 0 ||
		    strcmp(one->subject, certificate->subject) != 0 ||
		    strcmp(one->key, certificate->key) != 0)
			continue;
		if (certificate->not_after < one->expiry)
			one->expiry = certificate->not_after;
		return true;
	}
	return false;
}

static int add(struct metrics_facts *facts, const char *front,
               const struct stls_certificate *certificate)
{
	size_t count = facts->certificate_count + 1;
	struct metrics_certificate *list, *one;

	if (is_known(facts, front, certificate))
		return 0;
	list = reallocarray(facts->certificates, count, sizeof(*list));
	if (!list)
		return -1;
	one = &list[count - 1];
	*one = (struct metrics_certificate){strdup(front), strdup(certificate->subject),
	                                    strdup(certificate->key), certificate->not_after};
	facts->certificates = list;
	facts->certificate_count = count;
	return one->front && one->subject && one->key ? 0 : -1;
}

int metrics_facts_take(struct metrics_facts *facts, const struct front *fronts, size_t count)
{
	struct stls_certificate one;

	*facts = (struct metrics_facts){0};
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; stls_tls_context_certificate(fronts[i].tls, n, &one); n++)
			if (add(facts, fronts[i].config->name, &one) < 0) {
				metrics_facts_free(facts);
				return -1;
			}
	return 0;
}

void metrics_facts_free(struct metrics_facts *facts)
{
	for (size_t i = 0; i < facts->certificate_count; i++) {
		free(facts->certificates[i].front);
		free(facts->certificates[i].subject);
		free(facts->certificates[i].key);
	}
	free(facts->certificates);
	*facts = (struct metrics_facts){0};
}

/* ---- what is asked ---- */

static bool wants_open(const struct http_request *request)
{
	static const char type[] = "application/openmetrics-text";

	return request->accept.length && memmem(request->accept.bytes, request->accept.length, type,
	                                        sizeof(type) - 1) != NULL;
}

static void tell_metrics(const struct metrics *metrics, const struct http_request *request,
                         struct http_answer *answer)
{
	struct metrics_text text = {.open = wants_open(request)};

	metrics_page(&text, metrics->spec.board, metrics->spec.facts);
	if (text.broken) {
		free(text.bytes);
		answer->status = 500;
		return;
	}
	answer->type = text.open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	                         : "text/plain; version=0.0.4; charset=utf-8";
	answer->body = text.bytes;
	answer->length = text.length;
}

static bool serves(const struct board *board)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (atomic_load(&board->slots[i].state) == BOARD_SERVING)
			return true;
	return false;
}

static void tell_health(const struct metrics *metrics, struct http_answer *answer)
{
	const struct board *board = metrics->spec.board;
	const char *words = "ok\n";

	if (atomic_load(&board->daemon.draining))
		words = "draining\n";
	else if (metrics->spec.facts->fronts && !serves(board))
		words = "no worker serves\n";
	answer->status = strcmp(words, "ok\n") == 0 ? 200 : 503;
	answer->type = "text/plain; charset=utf-8";
	answer->body = strdup(words);
	answer->length = strlen(words);
}

static void on_asked(void *owner, const struct http_request *request, struct http_answer *answer)
{
	struct metrics *metrics = owner;

	if (http_text_is(request->path, "/metrics"))
		tell_metrics(metrics, request, answer);
	else if (http_text_is(request->path, "/healthz"))
		tell_health(metrics, answer);
	else
		answer->status = 404;
}

static void on_troubled(void *owner, int error)
{
	struct metrics *metrics = owner;

	log_say(metrics->spec.log, LOG_LEVEL_ERROR, "accept",
	        "metrics: new connections have to wait: %s", strerror(error));
}

static void on_empty(void *owner)
{
	struct metrics *metrics = owner;

	metrics->spec.empty(metrics->spec.owner);
}

struct metrics *metrics_open(const struct metrics_spec *spec)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	const struct http_acts acts = {on_asked, on_troubled, on_empty, metrics};

	if (metrics)
		metrics->spec = *spec;
	if (metrics)
		metrics->http = http_open(spec->loop, spec->fds, spec->fd_count, &acts);
	if (metrics && metrics->http)
		return metrics;
	free(metrics);
	return NULL;
}

void metrics_retire(struct metrics *metrics)
{
	http_retire(metrics->http);
}

void metrics_close(struct metrics *metrics)
{
	if (!metrics)
		return;
	http_close(metrics->http);
	free(metrics);
}

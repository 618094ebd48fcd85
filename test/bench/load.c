/* SPDX-License-Identifier: ISC */
/*
 * Clients, as many and as many at once as the lines on standard input say:
 *
 *	bench-load HOST:PORT SCRIPT NAME [plain] [resume] [octets=N]
 *
 *	run N C		N sessions, C of them at once, each to its end
 *	hold N C	N more that stay
 *
 * Each line is answered by one of JSON; with the end of the input all of them go.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/epoll.h>

#include "client.h"

/* Milliseconds that nothing may happen for. */
#define PATIENCE 20000

struct load {
	struct client_terms terms;
	int epoll;
	struct client **clients; /* those that stay, and then those that come and go */
	size_t places, held, lost;
	size_t begun, done, failed, resumed;
	double *latency;
	size_t latencies;
	char buffer[65536];
};

static void begin(struct load *load, struct client *client)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	                            .data.ptr = client};
	load->begun++;
	if (client_begin(client) < 0 ||
	    epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->stream.socket, &event) < 0) {
		perror("bench-load");
		exit(1);
	}
}

static void count(struct load *load, const struct client *client, bool good)
{
	if (good)
		load->latency[load->done++] = client->answered - client->start;
	load->failed += !good;
	load->resumed += good && client->resumed;
}

/* Whether it is over, or stays: another one may begin. */
static bool advance(struct load *load, struct client *client)
{
	enum client_state state = client_run(client, load->buffer, sizeof(load->buffer));
	if (state == CLIENT_WAITS)
		return false;
	count(load, client, state != CLIENT_FAILED);
	if (state != CLIENT_STAYS)
		client_end(client);
	return true;
}

/* -1: nothing has happened. */
static int turn(struct load *load, size_t wanted, bool stay, int patience)
{
	struct epoll_event events[256];
	int found = epoll_wait(load->epoll, events, 256, patience);
	for (int i = 0; i < found; i++) {
		struct client *client = events[i].data.ptr;
		if (client->step->kind == STEP_STAY)
			load->lost += (events[i].events & (EPOLLRDHUP | EPOLLHUP)) != 0;
		else if (advance(load, client) && load->begun < wanted)
			begin(load, stay ? load->clients[load->held + load->begun] : client);
	}
	return found > 0 ? 0 : -1;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;
	return (a > b) - (a < b);
}

static double at(const struct load *load, double share)
{
	return load->done ? load->latency[(size_t)(share * (double)(load->done - 1))] * 1e6 : 0;
}

static void tell(struct load *load, double seconds)
{
	qsort(load->latency, load->done, sizeof(*load->latency), compare);
	printf("{\"sessions\": %zu, \"failed\": %zu, \"resumed\": %zu, \"held\": %zu, "
	       "\"lost\": %zu, \"p50\": %.1f, \"p99\": %.1f, \"seconds\": %.3f}\n",
	       load->done, load->failed, load->resumed, load->held, load->lost, at(load, 0.5),
	       at(load, 0.99), seconds);
	fflush(stdout);
}

static void *grow(void *list, size_t count, size_t size)
{
	list = realloc(list, count * size);
	if (list == NULL)
		abort();
	return list;
}

static void make_places(struct load *load, size_t places, size_t latencies)
{
	if (latencies > load->latencies) {
		load->latency = grow(load->latency, latencies, sizeof(*load->latency));
		load->latencies = latencies;
	}
	if (places <= load->places)
		return;
	load->clients = grow(load->clients, places, sizeof(*load->clients));
	for (; load->places < places; load->places++) {
		struct client *client = load->clients[load->places] = calloc(1, sizeof(*client));
		if (client == NULL)
			abort();
		client->terms = &load->terms;
	}
}

static void run(struct load *load, size_t wanted, size_t at_once, bool stay)
{
	double start = client_now();
	load->begun = load->done = load->failed = load->resumed = 0;
	make_places(load, load->held + (stay ? wanted : at_once), wanted + 1);
	for (size_t i = 0; i < wanted && i < at_once; i++)
		begin(load, load->clients[load->held + i]);
	while (load->done + load->failed < wanted)
		if (turn(load, wanted, stay, PATIENCE) < 0) {
			fprintf(stderr, "bench-load: nothing happens, after %zu of %zu\n",
			        load->done, wanted);
			exit(1);
		}
	double seconds = client_now() - start;
	while (turn(load, wanted, stay, 0) == 0)
		;
	load->held += stay ? wanted : 0;
	tell(load, seconds);
}

static bool take_option(struct load *load, const char *option)
{
	unsigned long long octets;
	if (strcmp(option, "plain") == 0)
		load->terms.context = NULL;
	else if (strcmp(option, "resume") == 0)
		load->terms.resume = true;
	else if (sscanf(option, "octets=%llu", &octets) == 1)
		load->terms.octets = octets;
	else
		return false;
	return true;
}

static bool set(struct load *load, int count, char **arguments)
{
	if (count < 4 || stream_place(arguments[1], &load->terms.place) < 0)
		return false;
	load->terms.script = script_find(arguments[2]);
	load->terms.name = arguments[3];
	load->terms.context = client_context();
	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	bool good = load->terms.script && load->terms.context && load->epoll >= 0;
	for (int i = 4; i < count; i++)
		good = good && take_option(load, arguments[i]);
	return good;
}

int main(int count, char **arguments)
{
	struct load *load = calloc(1, sizeof(*load));
	char line[128], verb[8];
	size_t wanted, at_once;
	if (load == NULL || !set(load, count, arguments)) {
		fprintf(stderr, "usage: bench-load HOST:PORT SCRIPT NAME [plain] [resume] "
		                "[octets=N]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%7s %zu %zu", verb, &wanted, &at_once) != 3)
			return 2;
		run(load, wanted, at_once, strcmp(verb, "hold") == 0);
	}
	stream_abandon();
}

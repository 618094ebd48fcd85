/* SPDX-License-Identifier: ISC */
/* The process that looks names up, keeps what has to outlive the daemon, and answers
 * those who ask for policies. */
#include <signal.h>
#include <stdlib.h>

#include "gate/confine.h"
#include "gate/policy_count.h"
#include "gate/policy_ledger.h"
#include "gate/policy_talk.h"
#include "gate/policy_tickets.h"
#include "gate/worker.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "proc/channel.h"
#include "proc/fork.h"

#define TEND 1000  /* ms between two looks of the store after itself */
#define MINUTE 60  /* of these */
#define SERVER 500 /* ms for a server of the store's: meanwhile nobody is answered */

struct service_desk {
	struct desk *desk;
	struct desk_counts told;
	struct talkers *talkers;
};

struct policy_process {
	const struct worker_order *order;
	struct loop *loop;
	struct watch *watch;
	struct timer *tend;
	struct dns *dns;
	struct fetcher *fetcher;
	struct store *store;
	struct ledger *ledger;
	struct service_desk *services; /* one for each policy section */
	size_t count;
	struct policy_told told;
	struct policy_tickets tickets; /* of fronts whose keys are shared */
	bool tickets_lost;
	unsigned ticks;
	bool retired;
};

static void tell_news(struct policy_process *process)
{
	struct store_news news;

	while (store_news(process->store, &news))
		log_say(process->order->log,
		        news.kind == STORE_NEWS_WELL ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "store",
		        "%s", news.text);
}

static void count(struct policy_process *process)
{
	struct board_advice *advice = &process->order->board->daemon.advice;

	for (size_t i = 0; i < process->count; i++)
		policy_count_desk(advice, process->services[i].desk, &process->services[i].told);
	policy_count_rest(advice, process->dns, process->fetcher, process->store, &process->told);
}

/* Once a minute, or sooner where it did not go well. */
static void look_at_tickets(struct policy_process *process)
{
	if (!process->tickets.store)
		return;
	if (process->ticks % MINUTE == 0 || process->tickets_lost)
		process->tickets_lost = !policy_tickets_look(&process->tickets, loop_date());
}

static void on_tend(void *owner)
{
	struct policy_process *process = owner;

	store_tend(process->store, loop_date());
	tell_news(process);
	count(process);
	look_at_tickets(process);
	if (process->ticks++ % MINUTE == 0)
		log_tell(process->order->log);
	timer_set(process->tend, TEND);
}

static void on_empty(void *owner)
{
	struct policy_process *process = owner;

	for (size_t i = 0; i < process->count; i++)
		if (!talkers_empty(process->services[i].talkers))
			return;
	loop_stop(process->loop);
}

static void retire(struct policy_process *process)
{
	process->retired = true;
	for (size_t i = 0; i < process->count; i++)
		talkers_retire(process->services[i].talkers, on_empty, process);
	on_empty(process);
}

/* Somebody asks this process and not its parent. */
static void on_signal(void *owner)
{
	struct policy_process *process = owner;

	if (process->retired)
		loop_stop(process->loop);
	else
		retire(process);
}

static void on_channel(void *owner, unsigned what)
{
	struct policy_process *process = owner;
	struct proc_message message;
	enum proc_received received;

	(void)what;
	while ((received = proc_receive(process->order->channel, &message)) == PROC_MESSAGE) {
		if (message.kind == PROC_RETIRE || message.kind == PROC_DRAIN)
			retire(process);
		if (message.kind == PROC_STOP)
			loop_stop(process->loop);
	}
	if (received == PROC_GONE)
		retire(process);
}

static int wrong(const struct policy_process *process, const char *event, const char *text)
{
	log_say(process->order->log, LOG_LEVEL_ERROR, event, "%s", text);
	return -1;
}

static int open_names(struct policy_process *process)
{
	const struct config *config = &process->order->generation->config;
	char reason[DNS_WRONG];

	process->dns = dns_open(process->loop,
	                        &(struct dns_settings){
	                            .config = config->resolver.config,
	                            .state = config->state[0] == '/' ? config->state : NULL,
	                        },
	                        reason);
	if (!process->dns)
		return wrong(process, "resolver", reason);
	process->fetcher =
	    fetcher_open(process->loop, process->dns,
	                 &(struct fetch_settings){.ca_file = config->resolver.ca_file});
	return process->fetcher ? 0 : wrong(process, "start", "There is no memory left.");
}

static int open_store(struct policy_process *process)
{
	const struct config *config = &process->order->generation->config;
	const struct store_settings settings = {
	    .state = config->state,
	    .timeout = config_shares_state(config) ? SERVER : 0,
	    .gather = true,
	};
	struct store_error error;

	process->store = store_open(&settings, loop_date(), &error);
	if (!process->store)
		return wrong(process, "store", error.text);
	process->ledger = ledger_open(process->loop, process->store);
	if (!process->ledger)
		return wrong(process, "start", "There is no memory left.");
	return config_shares_state(config)
	           ? policy_tickets_open(&process->tickets, config, process->store,
	                                 process->order->channel)
	           : 0;
}

static int listen_on(struct service_desk *service, const struct config_policy *config,
                     struct socket_set *const *sets)
{
	for (size_t i = 0; i < config->listen.count; i++) {
		int fd = sockets_own(sets[i], 0);

		if (fd < 0 || talkers_listen(service->talkers, fd) < 0)
			return -1;
	}
	return 0;
}

static int open_service(struct policy_process *process, const struct config_policy *config,
                        struct socket_set *const *sets)
{
	const struct worker_order *order = process->order;
	struct service_desk *service = &process->services[process->count++];

	const struct desk_order wanted = {
	    .config = &order->generation->config,
	    .policy = config,
	    .loop = process->loop,
	    .log = order->log,
	    .dns = process->dns,
	    .fetcher = process->fetcher,
	    .store = process->store,
	    .ledger = process->ledger,
	};

	service->desk = desk_open(&wanted);
	if (service->desk)
		service->talkers = talkers_open(&wanted, service->desk);
	return service->talkers ? listen_on(service, config, sets) : -1;
}

/* The sockets are in the order of the sections, and of the addresses in them. */
static int open_services(struct policy_process *process)
{
	const struct generation *generation = process->order->generation;
	const struct config *config = &generation->config;
	struct socket_set *const *sets = generation->policies;

	process->services = calloc(config->policy_count, sizeof(*process->services));
	for (size_t i = 0; process->services && i < config->policy_count; i++) {
		if (open_service(process, &config->policies[i], sets) < 0)
			return wrong(process, "start", "There is no memory left.");
		sets += config->policies[i].listen.count;
	}
	sockets_free(process->order->sockets);
	return process->services ? 0 : -1;
}

/* What is told then is told last. */
static void finish_store(struct policy_process *process)
{
	if (!process->store)
		return;
	store_finish(process->store);
	tell_news(process);
}

static int open_loop(struct policy_process *process)
{
	process->loop = loop_create();
	if (!process->loop)
		return wrong(process, "start", "There can be no event loop.");
	process->watch =
	    watch_open_reading(process->loop, process->order->channel, on_channel, process);
	process->tend = timer_open(process->loop, on_tend, process);
	if (!process->watch || !process->tend ||
	    loop_signal(process->loop, SIGTERM, on_signal, process) < 0 ||
	    loop_signal(process->loop, SIGINT, on_signal, process) < 0)
		return wrong(process, "start", "There is no memory left.");
	timer_set(process->tend, TEND);
	return 0;
}

/* What the operator meant to be over by now, and may have forgotten. */
static void tell_overrides(const struct policy_process *process)
{
	const struct config *config = &process->order->generation->config;

	for (size_t i = 0; i < config->override_count; i++)
		if (config->overrides[i].expires <= loop_date())
			log_say(process->order->log, LOG_LEVEL_WARNING, "override",
			        "%s:%u: override \"%s\" has expired, and counts no more",
			        process->order->path, config->overrides[i].line,
			        config->overrides[i].destination);
}

static int start(struct policy_process *process)
{
	generation_close_fronts(process->order->generation);
	if (confine_user(process->order) < 0 || open_loop(process) < 0 || open_names(process) < 0 ||
	    open_store(process) < 0 || open_services(process) < 0)
		return -1;
	tell_news(process);
	tell_overrides(process);
	proc_hear_signals();
	confine_names(process->order);
	return proc_send(process->order->channel, PROC_READY, NULL, 0);
}

int worker_advise(const struct worker_order *order)
{
	struct policy_process process = {.order = order};
	int result = start(&process);

	if (result == 0)
		result = loop_run(process.loop);
	for (size_t i = 0; i < process.count; i++) {
		talkers_close(process.services[i].talkers);
		desk_close(process.services[i].desk);
	}
	free(process.services);
	fetcher_close(process.fetcher);
	dns_close(process.dns);
	policy_tickets_close(&process.tickets);
	finish_store(&process);
	ledger_close(process.ledger);
	store_close(process.store);
	watch_close(process.watch);
	timer_close(process.tend);
	loop_free(process.loop);
	generation_free(order->generation);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

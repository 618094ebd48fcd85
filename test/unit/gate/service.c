/* SPDX-License-Identifier: ISC */
/*
 * The places of a service: which one a session gets, how they are looked at, and
 * what sessions tell.  The test plays the service in each of its places.
 */
#include "../loop/pair.h"

#include <sys/mman.h>
#include <time.h>

#include "gate/catalogue.h"
#include "in_log.h"
#include "still.h"

#define PLACES 3
#define LONG 3600000 /* ms: not within a test */
#define STEP 20      /* ms that pass between two looks at the sockets */

struct scene {
	struct still still;
	struct log log;
	int listeners[PLACES], calls[PLACES];
	struct service service;
	struct catalogue catalogue;
	unsigned known; /* how often the catalogue was settled */
};

static void on_known(void *owner)
{
	((struct scene *)owner)->known++;
}

static void on_news(void *owner)
{
	catalogue_renew(&((struct scene *)owner)->catalogue);
}

static int bind_loopback(struct address_socket *socket)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = listen_socket((struct sockaddr *)&address, sizeof(address));

	fcntl(fd, F_SETFL, O_NONBLOCK);
	socket->length = sizeof(socket->storage);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&socket->storage, &socket->length), 0);
	return fd;
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct service *service = &scene->service;

	still_open(&scene->still);
	scene->log = (struct log){.fd = memfd_create("log", 0), .level = LOG_LEVEL_INFO};
	*service =
	    (struct service){.backend = {.protocol = STLS_SMTP, .hostname = "gate.example.org"},
	                     .places = calloc(PLACES, sizeof(*service->places)),
	                     .count = PLACES,
	                     .loop = scene->still.loop,
	                     .log = &scene->log,
	                     .front = "mail",
	                     .every = LONG,
	                     .patience = LONG,
	                     .listed = true,
	                     .news = on_news,
	                     .owner = scene};
	for (size_t i = 0; i < PLACES; i++) {
		service->places[i].service = service;
		scene->listeners[i] = bind_loopback(&service->places[i].at.socket);
		scene->calls[i] = -1;
	}
	scene->catalogue = (struct catalogue){.loop = scene->still.loop,
	                                      .services = service,
	                                      .count = 1,
	                                      .known = on_known,
	                                      .owner = scene};
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	catalogue_close(&scene->catalogue);
	service_close(&scene->service);
	assert_int_equal(pool_lent(loop_pool(scene->still.loop)), 0);
	still_close(&scene->still);
	close(scene->log.fd);
	for (size_t i = 0; i < PLACES; i++) {
		close(scene->listeners[i]);
		if (scene->calls[i] >= 0)
			close(scene->calls[i]);
	}
	free(scene);
	return 0;
}

static void start(struct scene *scene)
{
	assert_int_equal(catalogue_open(&scene->catalogue, NULL), 0);
	assert_int_equal(service_open(&scene->service), 0);
}

/* The clock is the test's, but the kernel may take its time to bring what was sent. */
static void run_for(struct scene *scene, int64_t milliseconds)
{
	const struct timespec nap = {.tv_nsec = 1000000};

	for (int64_t left = milliseconds; left > 0; left -= STEP) {
		nanosleep(&nap, NULL);
		still_pass(&scene->still, left < STEP ? left : STEP);
	}
}

/* Whether somebody has called at that place, who is then talked to. */
static bool take_call(struct scene *scene, size_t place)
{
	run_for(scene, STEP);
	if (scene->calls[place] >= 0)
		close(scene->calls[place]);
	scene->calls[place] = accept(scene->listeners[place], NULL, NULL);
	return scene->calls[place] >= 0;
}

static bool await_call(struct scene *scene, size_t place)
{
	for (int turn = 0; turn < 250; turn++)
		if (take_call(scene, place))
			return true;
	return false;
}

static void say(struct scene *scene, size_t place, const char *text)
{
	assert_int_equal(write(scene->calls[place], text, strlen(text)), strlen(text));
	run_for(scene, STEP);
}

static void expect(struct scene *scene, size_t place, const char *text)
{
	char bytes[256];
	ssize_t n = -1;

	/* A machine under load takes its time. */
	for (int turn = 0; turn < 250 && n < 0; turn++) {
		n = recv(scene->calls[place], bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0)
			run_for(scene, STEP);
	}
	assert_int_equal(n, strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
}

/* It is there, and offers that. */
static void answer(struct scene *scene, size_t place, const char *list)
{
	assert_true(await_call(scene, place));
	say(scene, place, "220 mx\r\n");
	say(scene, place, list);
}

static void refuse(struct scene *scene, size_t place)
{
	assert_true(await_call(scene, place));
	say(scene, place, "554 no\r\n");
}

static struct place *place_at(struct scene *scene, size_t place)
{
	return &scene->service.places[place];
}

static void expect_offers(const struct scene *scene, const char *text)
{
	char list[256] = "";
	const struct offers *offers = scene->catalogue.offers;

	for (size_t i = 0; offers && i < offers->count; i++) {
		strcat(list, i ? " " : "");
		strcat(list, offers->list[i]);
	}
	assert_string_equal(list, text);
}

/* ---- choosing ---- */

static size_t choose(struct scene *scene, uint64_t tried)
{
	struct place *place = service_choose(&scene->service, tried);

	return place ? (size_t)(place - scene->service.places) : PLACES;
}

static void fewest_sessions_come_first(void **state)
{
	struct scene *scene = *state;

	place_at(scene, 0)->at.legs = 2;
	place_at(scene, 1)->at.legs = 1;
	place_at(scene, 2)->at.legs = 2;
	for (int i = 0; i < PLACES; i++)
		assert_int_equal(choose(scene, 0), 1);
}

static void equals_take_turns(void **state)
{
	struct scene *scene = *state;
	unsigned count[PLACES] = {0};

	for (int i = 0; i < 30; i++)
		count[choose(scene, 0)]++;
	for (int i = 0; i < PLACES; i++)
		assert_int_equal(count[i], 10);
}

static void whoever_is_down_comes_last(void **state)
{
	struct scene *scene = *state;

	place_at(scene, 0)->standing = PLACE_DOWN;
	place_at(scene, 1)->standing = PLACE_DOUBTED;
	place_at(scene, 2)->at.legs = 100;
	assert_int_equal(choose(scene, 0), 2);
	assert_int_equal(choose(scene, 1 << 2), 1);
	assert_int_equal(choose(scene, 1 << 2 | 1 << 1), 0);
	assert_int_equal(choose(scene, 1 << 2 | 1 << 1 | 1 << 0), PLACES);
}

static void who_is_down_is_nobody_to_hurry_to(void **state)
{
	struct scene *scene = *state;

	assert_true(service_has_more(&scene->service, 1 << 0));
	place_at(scene, 1)->standing = PLACE_DOWN;
	assert_true(service_has_more(&scene->service, 1 << 0));
	place_at(scene, 2)->standing = PLACE_DOWN;
	assert_false(service_has_more(&scene->service, 1 << 0));
	assert_false(service_has_more(&scene->service, 7));
}

/* ---- what is offered ---- */

static void all_are_asked_and_what_all_have_is_offered(void **state)
{
	struct scene *scene = *state;

	start(scene);
	answer(scene, 0, "250-mx\r\n250-SIZE 9\r\n250-DSN\r\n250 8BITMIME\r\n");
	answer(scene, 1, "250-mx\r\n250-8BITMIME\r\n250 SIZE 9\r\n");
	answer(scene, 2, "250-mx\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 SIZE 9\r\n");
	expect_offers(scene, "SIZE 9 8BITMIME");
	for (size_t i = 0; i < PLACES; i++)
		assert_int_equal(place_at(scene, i)->standing, PLACE_UP);
	assert_int_equal(count_in_log(&scene->log, "backend"), 0);
}

/* One that only looks says who it is, and does not leave without a word. */
static void a_look_is_polite(void **state)
{
	struct scene *scene = *state;

	start(scene);
	answer(scene, 0, "250 mx\r\n");
	expect(scene, 0, "EHLO gate.example.org\r\nQUIT\r\n");
	expect(scene, 0, "");
}

static void the_first_answer_is_enough(void **state)
{
	struct scene *scene = *state;

	start(scene);
	run_for(scene, STEP);
	assert_int_equal(scene->known, 0);
	answer(scene, 1, "250-mx\r\n250 DSN\r\n");
	assert_int_equal(scene->known, 1);
	expect_offers(scene, "DSN");
	/* Whoever has not answered is not chosen yet. */
	assert_int_equal(choose(scene, 0), 1);
}

static void that_nobody_answers_is_an_answer(void **state)
{
	struct scene *scene = *state;

	start(scene);
	refuse(scene, 0);
	refuse(scene, 1);
	assert_int_equal(scene->known, 0);
	refuse(scene, 2);
	assert_int_equal(scene->known, 1);
	assert_null(scene->catalogue.offers);
	assert_int_equal(count_in_log(&scene->log, "backend-down"), 3);
}

static void who_is_down_has_no_say(void **state)
{
	struct scene *scene = *state;

	start(scene);
	answer(scene, 0, "250-mx\r\n250-DSN\r\n250 8BITMIME\r\n");
	answer(scene, 1, "250-mx\r\n250 8BITMIME\r\n");
	expect_offers(scene, "8BITMIME");
	place_failed(place_at(scene, 1), STLS_FAULT_CONNECT, "gone");
	expect_offers(scene, "DSN 8BITMIME");
	/* When all are away, they stay what they were. */
	place_failed(place_at(scene, 0), STLS_FAULT_CONNECT, "gone");
	expect_offers(scene, "8BITMIME");
}

static void slow_service_of_another_route_is_not_waited_for(void **state)
{
	struct scene *scene = *state;
	struct service both[2];

	both[0] = both[1] = scene->service;
	both[0].count = 1;
	both[1].places++;
	both[1].count = 1;
	both[0].places->service = &both[0];
	both[1].places->service = &both[1];
	scene->catalogue.services = both;
	scene->catalogue.count = 2;
	assert_int_equal(catalogue_open(&scene->catalogue, NULL), 0);
	assert_int_equal(service_open(&both[0]), 0);
	assert_int_equal(service_open(&both[1]), 0);
	answer(scene, 0, "250-mx\r\n250 DSN\r\n");
	assert_int_equal(scene->known, 0);
	run_for(scene, 1100);
	assert_int_equal(scene->known, 1);
	expect_offers(scene, "DSN");
	/* When it does answer, it has its say. */
	answer(scene, 1, "250-mx\r\n250 8BITMIME\r\n");
	expect_offers(scene, "");
	place_close(&both[0].places[0]);
	place_close(&both[1].places[0]);
}

/* ---- up and down ---- */

static void a_change_is_told_once(void **state)
{
	struct scene *scene = *state;

	start(scene);
	refuse(scene, 0);
	assert_int_equal(place_at(scene, 0)->standing, PLACE_DOWN);
	assert_int_equal(count_in_log(&scene->log, "event=backend-down"), 1);
	assert_int_equal(count_in_log(&scene->log, "fault=unwelcome"), 1);
	place_failed(place_at(scene, 0), STLS_FAULT_CONNECT, "gone");
	assert_int_equal(count_in_log(&scene->log, "event=backend-down"), 1);
	run_for(scene, 1100);
	answer(scene, 0, "250 mx\r\n");
	assert_int_equal(place_at(scene, 0)->standing, PLACE_UP);
	assert_int_equal(count_in_log(&scene->log, "event=backend-up"), 1);
	assert_int_equal(count_in_log(&scene->log, "event=backend-down"), 1);
}

static void pauses_grow(void **state)
{
	struct scene *scene = *state;

	scene->service.count = 1;
	start(scene);
	refuse(scene, 0);
	run_for(scene, 800);
	assert_false(take_call(scene, 0));
	run_for(scene, 1400);
	refuse(scene, 0); /* the second one */
	run_for(scene, 2500);
	assert_false(take_call(scene, 0));
	run_for(scene, 2100);
	assert_true(await_call(scene, 0));
	scene->service.count = PLACES;
}

/* What a service says may be meant for the client, and it is not down for others. */
static void no_client_talks_a_service_down(void **state)
{
	struct scene *scene = *state;
	struct place *place = place_at(scene, 0);

	start(scene);
	answer(scene, 0, "250 mx\r\n");
	place_failed(place, STLS_FAULT_UNWELCOME, NULL);
	assert_int_equal(place->standing, PLACE_DOUBTED);
	assert_int_equal(count_in_log(&scene->log, "backend-down"), 0);
	place_failed(place, STLS_FAULT_TIMEOUT, NULL);
	assert_int_equal(place->standing, PLACE_DOUBTED);
	run_for(scene, 1000);
	answer(scene, 0, "250 mx\r\n"); /* it is looked at soon */
	assert_int_equal(place->standing, PLACE_UP);
	place_failed(place, STLS_FAULT_CONNECT, "refused");
	assert_int_equal(place->standing, PLACE_DOWN);
	assert_int_equal(count_in_log(&scene->log, "backend-down"), 1);
}

static void what_is_missing_here_says_nothing_about_it(void **state)
{
	struct scene *scene = *state;

	start(scene);
	answer(scene, 0, "250 mx\r\n");
	place_failed(place_at(scene, 0), STLS_FAULT_MEMORY, NULL);
	place_failed(place_at(scene, 0), STLS_FAULT_BUSY, NULL);
	assert_int_equal(place_at(scene, 0)->standing, PLACE_UP);
}

static void many_failures_are_not_many_looks(void **state)
{
	struct scene *scene = *state;

	start(scene);
	answer(scene, 0, "250 mx\r\n");
	for (int i = 0; i < 100; i++)
		place_failed(place_at(scene, 0), STLS_FAULT_CLOSED, NULL);
	run_for(scene, 500);
	assert_false(take_call(scene, 0));
	run_for(scene, 600);
	assert_true(await_call(scene, 0));
	assert_false(take_call(scene, 0));
}

/* ---- where only sessions tell ---- */

static void only_sessions_tell_where_nobody_looks(void **state)
{
	struct scene *scene = *state;
	struct place *place = place_at(scene, 0);

	scene->service.every = 0;
	scene->service.listed = false;
	start(scene);
	assert_false(take_call(scene, 0));
	assert_int_equal(place->standing, PLACE_UP);
	place_failed(place, STLS_FAULT_UNWELCOME, NULL);
	assert_int_equal(place->standing, PLACE_DOWN);
	/* It lapses, so that a session tries again. */
	run_for(scene, 2600);
	assert_int_equal(place->standing, PLACE_UP);
	assert_int_equal(count_in_log(&scene->log, "backend-up"), 0);
	place_worked(place);
	assert_int_equal(count_in_log(&scene->log, "backend-up"), 1);
	assert_false(take_call(scene, 0));
}

static void the_list_is_asked_for_all_the_same(void **state)
{
	struct scene *scene = *state;

	scene->service.every = 0;
	start(scene);
	refuse(scene, 0);
	assert_int_equal(place_at(scene, 0)->standing, PLACE_UP);
	run_for(scene, 2300);
	answer(scene, 0, "250-mx\r\n250 DSN\r\n");
	expect_offers(scene, "DSN");
	run_for(scene, 2300);
	assert_false(take_call(scene, 0)); /* once it is known, it is */
}

static void whoever_rests_looks_no_more(void **state)
{
	struct scene *scene = *state;

	scene->service.every = 1000;
	start(scene);
	answer(scene, 0, "250 mx\r\n");
	refuse(scene, 1);
	run_for(scene, 1200);
	answer(scene, 0, "250 mx\r\n"); /* it does look */
	refuse(scene, 1);
	service_rest(&scene->service);
	run_for(scene, 2400);
	assert_false(take_call(scene, 0));
	assert_int_equal(place_at(scene, 0)->standing, PLACE_UP);
	assert_int_equal(place_at(scene, 1)->standing, PLACE_UP); /* for all that is known */
}

/* ---- XMPP ---- */

#define HEADER                                                                                     \
	"<?xml version='1.0'?><stream:stream id='1' from='a' xmlns='jabber:client' version='1.0' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

static void a_stream_is_a_look(void **state)
{
	struct scene *scene = *state;

	scene->service.backend.protocol = STLS_XMPP_CLIENT;
	scene->service.listed = false;
	start(scene);
	assert_true(await_call(scene, 0));
	say(scene, 0, HEADER "<stream:features/>");
	assert_int_equal(place_at(scene, 0)->standing, PLACE_UP);
	/* It has no such domain, but it is there. */
	assert_true(await_call(scene, 1));
	say(scene, 1,
	    HEADER "<stream:error><host-unknown "
	           "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
	assert_int_equal(place_at(scene, 1)->standing, PLACE_UP);
	assert_true(await_call(scene, 2));
	say(scene, 2, "HTTP/1.0 400 no\r\n\r\n<html>");
	assert_int_equal(place_at(scene, 2)->standing, PLACE_DOWN);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(fewest_sessions_come_first),
	    SCENE(equals_take_turns),
	    SCENE(whoever_is_down_comes_last),
	    SCENE(who_is_down_is_nobody_to_hurry_to),
	    SCENE(all_are_asked_and_what_all_have_is_offered),
	    SCENE(a_look_is_polite),
	    SCENE(the_first_answer_is_enough),
	    SCENE(that_nobody_answers_is_an_answer),
	    SCENE(who_is_down_has_no_say),
	    SCENE(slow_service_of_another_route_is_not_waited_for),
	    SCENE(a_change_is_told_once),
	    SCENE(pauses_grow),
	    SCENE(no_client_talks_a_service_down),
	    SCENE(what_is_missing_here_says_nothing_about_it),
	    SCENE(many_failures_are_not_many_looks),
	    SCENE(only_sessions_tell_where_nobody_looks),
	    SCENE(the_list_is_asked_for_all_the_same),
	    SCENE(whoever_rests_looks_no_more),
	    SCENE(a_stream_is_a_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

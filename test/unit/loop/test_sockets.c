/* SPDX-License-Identifier: ISC */
/* The sockets that are listened on, whoever comes and goes. */
#include "pair.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>

struct scene {
	struct sockets *sockets;
	char folder[64];
	struct sockaddr_un path;
	struct sockaddr_in any; /* a port that is free */
};

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	socklen_t length = sizeof(scene->any);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	scene->sockets = sockets_new();
	strcpy(scene->folder, P_tmpdir "/starttls-unit-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->path.sun_family = AF_UNIX;
	snprintf(scene->path.sun_path, sizeof(scene->path.sun_path), "%s/s", scene->folder);
	scene->any =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)&scene->any, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&scene->any, &length), 0);
	close(fd);
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	sockets_free(scene->sockets);
	unlink(scene->path.sun_path);
	assert_int_equal(rmdir(scene->folder), 0);
	free(scene);
	return 0;
}

static struct socket_set *take_port(struct scene *scene, size_t count)
{
	return sockets_take(scene->sockets, (struct sockaddr *)&scene->any, sizeof(scene->any),
	                    count);
}

static struct socket_set *take_path(struct scene *scene)
{
	return sockets_take(scene->sockets, (struct sockaddr *)&scene->path, sizeof(scene->path),
	                    4);
}

static int is_served(const struct scene *scene)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int good = connect(fd, (const struct sockaddr *)&scene->any, sizeof(scene->any)) == 0;

	close(fd);
	return good;
}

static void a_port_has_as_many_as_are_wanted(void **state)
{
	struct scene *scene = *state;
	struct socket_set *set = take_port(scene, 3);

	assert_non_null(set);
	assert_int_equal(set->count, 3);
	/* Another configuration wants more, and a third one fewer: none is closed. */
	assert_ptr_equal(take_port(scene, 5), set);
	assert_int_equal(set->count, 5);
	assert_ptr_equal(take_port(scene, 1), set);
	assert_int_equal(set->count, 5);
	assert_int_equal(set->holders, 3);
}

/* Those that were made for somebody who does not come; nobody was ever let in there. */
static void what_is_not_kept_goes(void **state)
{
	struct scene *scene = *state;
	struct socket_set *set = take_port(scene, 2);

	sockets_keep(scene->sockets);
	take_port(scene, 5);
	sockets_drop(scene->sockets, set);
	sockets_shrink(scene->sockets);
	assert_int_equal(set->count, 2);
	for (int i = 0; i < 20; i++)
		assert_true(is_served(scene));
	take_port(scene, 5);
	sockets_keep(scene->sockets);
	sockets_shrink(scene->sockets);
	assert_int_equal(set->count, 5);
}

static int option(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static void they_listen_for_who_accepts(void **state)
{
	struct scene *scene = *state;
	struct socket_set *set = take_port(scene, 2);
	int own;

	assert_true(option(set->fds[0], SOL_SOCKET, SO_ACCEPTCONN));
	assert_false(option(set->fds[1], SOL_SOCKET, SO_ACCEPTCONN));
	own = sockets_own(set, 1);
	assert_true(option(own, SOL_SOCKET, SO_ACCEPTCONN));
	close(own);
	assert_true(option(set->fds[1], SOL_SOCKET, SO_ACCEPTCONN));
}

/* A wildcard is no stranger to an address. */
static void ours_are_not_in_the_way(void **state)
{
	struct scene *scene = *state;
	struct sockets *stranger = sockets_new();
	struct socket_set *one = take_port(scene, 2);

	scene->any.sin_addr.s_addr = INADDR_ANY;
	assert_non_null(take_port(scene, 2));
	sockets_drop(scene->sockets, one);
	scene->any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_non_null(take_port(scene, 2));
	/* A stranger is one. */
	scene->any.sin_addr.s_addr = INADDR_ANY;
	assert_null(sockets_take(stranger, (struct sockaddr *)&scene->any, sizeof(scene->any), 2));
	sockets_free(stranger);
}

static void a_set_goes_with_its_last_holder(void **state)
{
	struct scene *scene = *state;
	struct socket_set *set = take_port(scene, 2);

	take_port(scene, 2);
	sockets_drop(scene->sockets, set);
	assert_true(is_served(scene));
	sockets_drop(scene->sockets, set);
	assert_false(is_served(scene));
}

static void port_0_is_another_one_each_time(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_in first, second;
	socklen_t length = sizeof(first);
	struct socket_set *set;

	scene->any.sin_port = 0;
	set = take_port(scene, 2);
	assert_int_equal(getsockname(set->fds[0], (struct sockaddr *)&first, &length), 0);
	assert_int_equal(getsockname(set->fds[1], (struct sockaddr *)&second, &length), 0);
	assert_int_equal(first.sin_port, second.sin_port);
	assert_ptr_not_equal(take_port(scene, 2), set);
}

static void a_strangers_port_is_not_shared(void **state)
{
	struct scene *scene = *state;
	struct sockets *stranger = sockets_new();
	struct socket_set *theirs =
	    sockets_take(stranger, (struct sockaddr *)&scene->any, sizeof(scene->any), 2);

	assert_non_null(theirs);
	assert_null(take_port(scene, 2));
	assert_int_equal(errno, EADDRINUSE);
	sockets_drop(stranger, theirs);
	assert_non_null(take_port(scene, 2));
	sockets_free(stranger);
}

static void a_path_has_one_socket_and_goes_with_it(void **state)
{
	struct scene *scene = *state;
	struct socket_set *set = take_path(scene);

	assert_int_equal(set->count, 1);
	assert_ptr_equal(take_path(scene), set);
	assert_int_equal(set->count, 1);
	sockets_drop(scene->sockets, set);
	assert_int_equal(access(scene->path.sun_path, F_OK), 0);
	sockets_drop(scene->sockets, set);
	assert_int_equal(access(scene->path.sun_path, F_OK), -1);
}

static void a_path_is_taken_over_only_when_stale(void **state)
{
	struct scene *scene = *state;
	int other = listen_socket((struct sockaddr *)&scene->path, sizeof(scene->path));

	assert_true(other >= 0);
	assert_null(take_path(scene)); /* in use */
	assert_int_equal(errno, EADDRINUSE);
	close(other); /* left behind */
	assert_non_null(take_path(scene));
}

/* Who gets at the folder gets at it, whatever mask the daemon was started with. */
static void a_path_is_open_to_all(void **state)
{
	struct scene *scene = *state;
	mode_t before = umask(0077);
	struct stat found;

	assert_non_null(take_path(scene));
	umask(before);
	assert_int_equal(stat(scene->path.sun_path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0666);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct scene *scene = *state;

	close(open(scene->path.sun_path, O_CREAT | O_WRONLY, 0600));
	assert_null(take_path(scene));
	assert_int_equal(access(scene->path.sun_path, F_OK), 0);
}

static void an_inherited_one_is_used_and_kept(void **state)
{
	struct scene *scene = *state;
	int fd = listen_socket((struct sockaddr *)&scene->any, sizeof(scene->any));
	struct socket_set *set;

	assert_null(sockets_unused(scene->sockets, NULL));
	assert_int_equal(sockets_adopt(scene->sockets, fd), 0);
	assert_non_null(sockets_unused(scene->sockets, NULL));
	set = take_port(scene, 4);
	assert_non_null(set);
	assert_int_equal(set->count, 1);
	assert_int_equal(set->fds[0], fd);
	assert_null(sockets_unused(scene->sockets, NULL));
	sockets_drop(scene->sockets, set);
	assert_true(is_served(scene));
}

/* A reply does not wait for the acknowledgement of the last one, and who has vanished is
 * noticed. */
static void assert_accepts_well(const struct scene *scene, int fd)
{
	int client = socket(AF_INET, SOCK_STREAM, 0), server;

	assert_int_equal(connect(client, (const struct sockaddr *)&scene->any, sizeof(scene->any)),
	                 0);
	server = accept(fd, NULL, NULL);
	assert_true(option(server, IPPROTO_TCP, TCP_NODELAY));
	assert_true(option(server, SOL_SOCKET, SO_KEEPALIVE));
	close(server);
	close(client);
}

static void what_is_accepted_is_as_it_should_be(void **state)
{
	struct scene *scene = *state;

	assert_accepts_well(scene, take_port(scene, 1)->fds[0]);
}

static void an_inherited_one_accepts_as_well(void **state)
{
	struct scene *scene = *state;
	int fd = listen_socket((struct sockaddr *)&scene->any, sizeof(scene->any));

	assert_int_equal(sockets_adopt(scene->sockets, fd), 0);
	assert_accepts_well(scene, fd);
}

static void both_families_share_a_port(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
	                           .sin6_port = scene->any.sin_port,
	                           .sin6_addr = IN6ADDR_ANY_INIT};

	scene->any.sin_addr.s_addr = INADDR_ANY;
	if (!sockets_take(scene->sockets, (struct sockaddr *)&six, sizeof(six), 2))
		skip(); /* a machine without IPv6 */
	assert_non_null(take_port(scene, 2));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(a_port_has_as_many_as_are_wanted),
	    SCENE(what_is_not_kept_goes),
	    SCENE(they_listen_for_who_accepts),
	    SCENE(ours_are_not_in_the_way),
	    SCENE(a_set_goes_with_its_last_holder),
	    SCENE(port_0_is_another_one_each_time),
	    SCENE(a_strangers_port_is_not_shared),
	    SCENE(a_path_has_one_socket_and_goes_with_it),
	    SCENE(a_path_is_taken_over_only_when_stale),
	    SCENE(a_path_is_open_to_all),
	    SCENE(what_is_no_socket_is_left_alone),
	    SCENE(an_inherited_one_is_used_and_kept),
	    SCENE(what_is_accepted_is_as_it_should_be),
	    SCENE(an_inherited_one_accepts_as_well),
	    SCENE(both_families_share_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <signal.h>

#include "names/aside.h"

int aside_start(pthread_t *thread, void *(*run)(void *owner), void *owner)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, run, owner);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? 0 : -1;
}

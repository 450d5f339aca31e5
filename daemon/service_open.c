/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/service_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/base/cleanup.h"
#include "policy/base/log.h"

bool service_is_asked(const struct service_wishes *wishes)
{
	return wishes->control || getenv("NOTIFY_SOCKET");
}

enum ready_when service_ready_when(const struct service_wishes *wishes,
				   const struct policy *policy)
{
	if (wishes->ready != READY_UNSET)
		return wishes->ready;
	if (policy->service.ready != READY_UNSET)
		return policy->service.ready;
	return getenv("NOTIFY_SOCKET") ? READY_NOTIFY : READY_START;
}

/* WATCHDOG_USEC, if it is meant for this process: sd_watchdog_enabled(3). */
static uint64_t watchdog_us(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *us = getenv("WATCHDOG_USEC");

	if (!us || (pid && atol(pid) != (long)getpid()))
		return 0;
	return strtoull(us, NULL, 10);
}

/* A socket for what the program has to say, in place of the manager's. */
static int open_for_program(struct service_config *c, struct diag *diag)
{
	char address[NOTIFY_ADDRESS_SIZE];

	c->app_socket = notify_listen(address);
	if (c->app_socket < 0)
		return diag_set(diag, c->app_socket, "cannot make a socket for the "
				"program's notifications: %s", strerror(-c->app_socket));
	if (setenv("NOTIFY_SOCKET", address, 1) < 0)
		return diag_set(diag, -ENOMEM, "out of memory");
	return 0;
}

static int open_notify(struct service_config *c, struct diag *diag)
{
	const char *address = getenv("NOTIFY_SOCKET");
	int err;

	if (!address)
		return c->ready == READY_NOTIFY ? open_for_program(c, diag) : 0;
	err = notify_open(&c->manager, address);
	if (err == -EAFNOSUPPORT) {
		log_warn("NOTIFY_SOCKET is \"%s\", which gosup does not know: the program "
			 "may use it, gosup will not", address);
		c->ready = c->ready == READY_NOTIFY ? READY_START : c->ready;
		return 0;
	}
	if (err)
		return diag_set(diag, err, "cannot use NOTIFY_SOCKET \"%s\": %s", address,
				strerror(-err));
	c->watchdog_us = watchdog_us();
	return open_for_program(c, diag);
}

int service_open(struct service_config *ret, const struct service_wishes *wishes,
		 const struct policy *policy, struct diag *diag)
{
	struct service_config c = SERVICE_CONFIG_NONE;
	int err;

	c.main = getpid();
	c.ready = service_ready_when(wishes, policy);
	c.app_watchdog = policy->service.app_watchdog;
	c.watch = wishes->watch;
	c.program = wishes->program;
	if (wishes->watch && !policy->source_count)
		return diag_set(diag, -EINVAL, "the policy %s is no file, so there is "
				"nothing to watch", policy->name);
	err = open_notify(&c, diag);
	if (!err && wishes->control)
		err = control_bind(wishes->control, &c.control, diag);
	if (err)
		service_close(&c);
	else
		*ret = c;
	return err;
}

void service_close(struct service_config *c)
{
	notify_close(&c->manager);
	c->app_socket = close_fd(c->app_socket);
	control_unbind(&c->control);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_SERVICE_H
#define GOSUP_DAEMON_SERVICE_H

#include <stdatomic.h>
#include <sys/types.h>
#include <uv.h>

#include "daemon/control.h"
#include "daemon/notify.h"
#include "daemon/receiver.h"
#include "policy/policy.h"

/*
 * gosup between the program and whatever runs it as a service: says when it is
 * ready, hands its messages on, shows signs of life, answers probes and has
 * the policy read again.
 */
struct service;

struct service_config {
	struct notify manager;	/* .fd is -1 where nobody listens */
	pid_t main;		/* whom the manager takes for the main process */
	int app_socket;		/* takes the program's own messages; -1: none */
	struct control_socket control;
	enum ready_when ready;	/* not READY_UNSET */
	uint64_t watchdog_us;	/* a sign of life is due so often; 0: none is */
	bool app_watchdog;	/* only the program gives them */
	bool watch;		/* reload when the policy's files change */
	const char *program;	/* its name, for people */
};

/* A config that does nothing. */
#define SERVICE_CONFIG_NONE \
	{ .manager = { .fd = -1 }, .app_socket = -1, .control = { .fd = -1 }, \
	  .ready = READY_START }

struct service_hooks {
	/* Read the policy again. Return: 0, or a negative errno and @diag. */
	int (*reload)(void *arg, struct diag *diag);
	/* The policy in force. */
	const struct policy *(*policy)(void *arg);
	void *arg;
};

/* What is known of the program once it has been started. */
struct service_program {
	pid_t app, guard;
	struct receivers *receivers;
	int executed;		/* closes when the program is executed; the
				 * service's to close */
	const _Atomic int *exec_error; /* not 0: it was not */
};

/**
 * service_new() - prepare on @loop.
 * @config: taken over, but on failure
 * Return: 0 or a negative errno.
 */
int service_new(struct service **ret, const struct service_config *config,
		uv_loop_t *loop, const struct service_hooks *hooks);

/* Begin to deal with the program. Return: 0, or a negative errno and @diag. */
int service_begin(struct service *service, const struct service_program *program,
		  struct diag *diag);

/* The program listens on a socket. From any thread; for struct emul. */
void service_listening(void *service);

/* A signal asks for a reload. */
void service_reload(struct service *service);

/* The program is to end soon: it is not ready any more. */
void service_draining(struct service *service);

/* The program has ended. */
void service_ended(struct service *service);

/* Stop, and free everything once the loop has run again. */
void service_stop(struct service *service);

#endif

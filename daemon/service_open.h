/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_SERVICE_OPEN_H
#define GOSUP_DAEMON_SERVICE_OPEN_H

#include "daemon/service.h"

/* What the command line asks for. */
struct service_wishes {
	const char *control;	/* see control_bind(); NULL: none */
	enum ready_when ready;	/* READY_UNSET: what the policy says */
	bool watch;
	const char *program;
};

/* Whether anybody wants to know when the program is ready. */
bool service_is_asked(const struct service_wishes *wishes);

/* When it is, by the command line, the policy and the surroundings. */
enum ready_when service_ready_when(const struct service_wishes *wishes,
				   const struct policy *policy);

/**
 * service_open() - open everything that the program's start may not precede.
 * Takes up NOTIFY_SOCKET and what belongs to it, and sets it for the program.
 * @ret: to be service_close()d unless service_new() takes it over
 *
 * Return: 0, or a negative errno and @diag.
 */
int service_open(struct service_config *ret, const struct service_wishes *wishes,
		 const struct policy *policy, struct diag *diag);
void service_close(struct service_config *config);

#endif

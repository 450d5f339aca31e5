/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/app_env.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "policy/base/cleanup.h"

static bool names(const char *variable, pid_t pid)
{
	const char *value = getenv(variable);
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return value && strcmp(value, text) == 0;
}

/* Since systemd 258 the inode of a pidfd (6.9) goes with the number. Older
 * kernels, where it says nothing, do not get it set. */
static void adopt_pidfd_id(void)
{
	auto_fd pidfd = -1;
	struct stat st;
	char text[24];

	if (!getenv("LISTEN_PIDFDID"))
		return;
	pidfd = kernel_pidfd_open(getpid(), 0);
	if (pidfd < 0 || fstat(pidfd, &st) < 0) {
		unsetenv("LISTEN_PIDFDID");
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)st.st_ino);
	setenv("LISTEN_PIDFDID", text, 1);
}

void app_env_adopt(pid_t main)
{
	static const char *const variables[] = {
		"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"
	};
	char text[16];
	size_t i;

	if (names("LISTEN_PID", main))
		adopt_pidfd_id();
	snprintf(text, sizeof(text), "%d", (int)getpid());
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (names(variables[i], main))
			setenv(variables[i], text, 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_APP_ENV_H
#define GOSUP_LAUNCHER_APP_ENV_H

#include <sys/types.h>

/**
 * app_env_adopt() - address to this process what is addressed to @main.
 *
 * A service manager names in some variables the process that they are for:
 * LISTEN_PID (sockets, see sd_listen_fds(3)), WATCHDOG_PID and SYSTEMD_EXEC_PID.
 * That was gosup; called in the program's process before its exec, they name
 * the program, which otherwise would take them for another's.
 */
void app_env_adopt(pid_t main);

#endif

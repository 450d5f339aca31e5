/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_CMD_DOCTOR_H
#define GOSUP_LAUNCHER_CMD_DOCTOR_H

/**
 * cmd_doctor() - `gosup doctor [--json]`.
 * Return: the exit status: 0 if gosup can run here, 1 if not, 125 on misuse.
 */
int cmd_doctor(int argc, char **argv);

#endif

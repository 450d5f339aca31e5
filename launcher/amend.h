/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_AMEND_H
#define GOSUP_LAUNCHER_AMEND_H

#include "policy/policy.h"

/**
 * amend_policy() - fit a policy to the file system as it is now.
 * @program: as on the command line; NULL if none is run
 *
 * Rules are about canonical paths, but people write /lib where that is a link
 * to usr/lib: such a rule is made to stand for both. And who runs a program
 * under a built-in policy means to run it: it may be read and executed.
 *
 * Return: 0 or -ENOMEM.
 */
int amend_policy(struct policy *policy, const char *program);

#endif

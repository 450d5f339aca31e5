/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_FEATURES_H
#define GOSUP_LAUNCHER_FEATURES_H

#include "policy/plan.h"

/**
 * features_probe() - what this kernel and this process can do.
 * @ret: filled in completely
 *
 * Asks by behaviour, never by version, and in well under 300 microseconds:
 * it runs at each `gosup run`. Leaves no trace in the calling process.
 */
void features_probe(struct plan_features *ret);

/**
 * features_foreign_proc() - is /proc that of another pid namespace than ours?
 *
 * Then all that it says of a pid is of somebody else: rules would be judged by
 * other processes' roots and directories.
 * Return: NULL, or a sentence without a full stop.
 */
const char *features_foreign_proc(void);

/**
 * features_listener_error() - why plan_features.notify is false.
 * Tries to install a listener in a child, which costs a fork.
 *
 * Return: 0 if a listener can be had; else a negative errno: -EBUSY if
 * somebody supervises this process already, -EINVAL or -ENOSYS if the kernel
 * has no notification (gVisor), -EPERM or -EACCES if an outer filter refuses,
 * -ECANCELED if an outer filter kills for trying.
 */
int features_listener_error(void);

/**
 * features_listener_hint() - what the user can do about it.
 * @err: from features_listener_error(), not 0
 * Return: a sentence without a full stop.
 */
const char *features_listener_hint(int err);

#endif

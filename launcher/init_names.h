/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_INIT_NAMES_H
#define GOSUP_LAUNCHER_INIT_NAMES_H

#include <stdbool.h>

/**
 * init_arguments() - the arguments of gosup run that do what @argv asks for, if
 * @argv[0] is the name of an init program whose part gosup can take.
 * @ret: 0: use @ret_argc, @ret_argv, from "run" on; else an exit status: what
 * there was to say was said
 *
 * Return: false if it is no such name.
 */
bool init_arguments(int argc, char **argv, int *ret, int *ret_argc, char ***ret_argv);

#endif

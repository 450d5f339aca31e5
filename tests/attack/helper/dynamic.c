/* SPDX-License-Identifier: Apache-2.0 */
/* A program that needs the dynamic loader; it exits with 42, which loader_run.c
 * knows it by. */
#include <stdio.h>

int main(void)
{
	return puts("ran") < 0 ? 1 : 42;
}

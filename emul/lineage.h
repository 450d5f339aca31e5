/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_LINEAGE_H
#define GOSUP_EMUL_LINEAGE_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether @pid is @ancestor or below it. What loses its parent inside a
 * subreaper's tree stays in it. */
bool lineage_descends(pid_t pid, pid_t ancestor);

#endif

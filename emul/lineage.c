/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/lineage.h"

#include "emul/proc.h"

bool lineage_descends(pid_t pid, pid_t ancestor)
{
	/* Longer chains exist only while somebody builds them. */
	for (int hops = 0; pid > 1 && hops < 10000; hops++) {
		if (pid == ancestor)
			return true;
		pid = proc_parent(pid);
	}
	return pid > 0 && pid == ancestor;
}

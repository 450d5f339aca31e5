/* SPDX-License-Identifier: Apache-2.0 */
/* Files through which root has the kernel run programs, load code or stop: what
 * may be read below /proc and /sys must not be opened for writing. None is
 * written to. */
#include <sys/stat.h>

#include "attack.h"

int main(int argc, char **argv)
{
	static const char *const files[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
		"/proc/sys/kernel/hotplug", "/sys/kernel/uevent_helper",
		"/proc/sys/fs/binfmt_misc/register", "/proc/sysrq-trigger",
		"/proc/sys/kernel/randomize_va_space", "/proc/self/oom_score_adj",
		"/proc/self/uid_map", "/sys/kernel/security/landlock",
		"/proc/sys/vm/drop_caches", "/sys/fs/cgroup/cgroup.procs",
		"/proc/1/oom_score_adj", "/proc/self/root/proc/sysrq-trigger",
		"/proc/thread-self/root/proc/sys/kernel/core_pattern",
	};
	static const int flags[] = { O_WRONLY, O_RDWR, O_WRONLY | O_APPEND };

	attack_init(argc, argv);
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (unsigned f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
			if (open(files[i], flags[f] | O_CLOEXEC) >= 0)
				broken("%s is open for writing", files[i]);
	if (truncate("/proc/self/comm", 0) == 0 || chmod("/proc/self/comm", 0666) == 0)
		broken("a file of /proc is changed");
	held();
}

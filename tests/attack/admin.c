/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that administer the machine, under a policy that denies what it does
 * not name: none may do anything, whoever makes it. */
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <time.h>

#include "attack.h"

static unsigned got;

static void tried(const char *what, long ret)
{
	if (ret < 0)
		return;
	fprintf(stderr, "%s succeeds\n", what);
	got++;
}

#define TRY(call) tried(#call, call)

int main(int argc, char **argv)
{
	struct perf_event_attr perf = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(perf),
		.config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1,
	};
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		.max_entries = 1,
	};
	struct timespec now;
	char name[65] = "";

	attack_init(argc, argv);
	TRY(syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0));
	TRY(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	TRY(syscall(SYS_add_key, "user", "attack", "x", 1, KEY_SPEC_PROCESS_KEYRING));
	TRY(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
	TRY(syscall(SYS_request_key, "user", "attack", NULL, 0));
	TRY(syscall(SYS_userfaultfd, O_CLOEXEC));
	TRY(syscall(SYS_mount, "none", in_dir(PUBLIC), "tmpfs", 0, NULL));
	TRY(syscall(SYS_fsopen, "tmpfs", 0));
	TRY(syscall(SYS_unshare, CLONE_NEWNS));
	TRY(syscall(SYS_init_module, "", 0, ""));
	TRY(syscall(SYS_syslog, 10, NULL, 0));
	clock_gettime(CLOCK_REALTIME, &now);
	if (!getenv("ATTACK_CONTROL")) {
		TRY(syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
		gethostname(name, sizeof(name) - 1);
		TRY(syscall(SYS_sethostname, name, strlen(name)));
	}
	if (got)
		broken("%u calls administer the machine", got);
	held();
}

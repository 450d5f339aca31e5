/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone3(2) hides its flags in memory, where a filter cannot see them. ENOSYS
 * makes the C library use clone(2) instead, for threads and for processes.
 */
#include <linux/filter.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static void *thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};
	int ran = 0, status;
	pthread_t id;
	FILE *pipe;

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		skip("seccomp is refused: %s", strerror(errno));
	check(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
	check(pthread_create(&id, NULL, thread, &ran) == 0);
	check(pthread_join(id, NULL) == 0 && ran);
	pipe = popen("exit 3", "r");	/* posix_spawn inside */
	check(pipe != NULL);
	status = pclose(pipe);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	return 0;
}

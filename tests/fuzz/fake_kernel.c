/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fake_kernel.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

/* The real one, all but what is defined below. */
#define kernel_notif_recv	real_notif_recv
#define kernel_notif_send	real_notif_send
#define kernel_notif_id_valid	real_notif_id_valid
#define kernel_notif_addfd	real_notif_addfd
#define kernel_vm_read		real_vm_read
#define kernel_vm_write		real_vm_write
#define kernel_pidfd_send_signal real_pidfd_send_signal
#define kernel_tgkill		real_tgkill
#include "emul/kernel.c"
#undef kernel_notif_recv
#undef kernel_notif_send
#undef kernel_notif_id_valid
#undef kernel_notif_addfd
#undef kernel_vm_read
#undef kernel_vm_write
#undef kernel_pidfd_send_signal
#undef kernel_tgkill

int kernel_notif_send(int listener, struct seccomp_notif_resp *resp);
int kernel_notif_id_valid(int listener, uint64_t id);
int kernel_notif_addfd(int listener, struct seccomp_notif_addfd *addfd);
ssize_t kernel_vm_read(pid_t tid, uint64_t addr, void *buf, size_t len);
ssize_t kernel_vm_write(pid_t tid, uint64_t addr, const void *buf, size_t len);
int kernel_pidfd_send_signal(int pidfd, int sig);
int kernel_tgkill(pid_t tgid, pid_t tid, int sig);
long __wrap_ptrace(int request, ...);

#define PAGE 4096
#define MOMENT_NS 20000000

static struct {
	pid_t caller;
	const char *top;
	uint8_t page[PAGE];
	size_t size;		/* of the memory, at the page's beginning */
	unsigned answers;
	timer_t timer;
	volatile sig_atomic_t gone;
} fake;

static void on_timer(int sig)
{
	(void)sig;
	fake.gone = 1;
}

void fake_init(pid_t caller, const char *top)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct sigaction sa = { .sa_handler = on_timer };

	fake.caller = caller;
	fake.top = top;
	sigaction(SIGRTMIN, &sa, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &fake.timer) < 0)
		abort();
}

static void set_timer(long ns)
{
	struct itimerspec spec = { { 0, ns }, { 0, ns } };

	timer_settime(fake.timer, 0, &spec, NULL);
}

void fake_begin(const uint8_t *data, size_t size)
{
	fake.size = size < PAGE ? size : PAGE;
	if (fake.size)
		memcpy(fake.page, data, fake.size);
	fake.answers = 0;
	fake.gone = 0;
	set_timer(MOMENT_NS);
}

void fake_end(void)
{
	set_timer(0);
	if (fake.answers == 1)
		return;
	fprintf(stderr, "answered %u times\n", fake.answers);
	abort();
}

int kernel_notif_id_valid(int listener, uint64_t id)
{
	(void)listener, (void)id;
	return fake.gone ? -ENOENT : 0;
}

int kernel_notif_send(int listener, struct seccomp_notif_resp *resp)
{
	(void)listener;
	fake.answers++;
	if ((resp->flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE) && (resp->error || resp->val))
		abort();	/* the kernel says EINVAL, and nobody is answered */
	if (resp->error > 0 || resp->error < -4095)
		abort();
	return fake.gone ? -ENOENT : 0;
}

int kernel_notif_addfd(int listener, struct seccomp_notif_addfd *addfd)
{
	char link[64], path[PATH_MAX];
	size_t len = strlen(fake.top);
	ssize_t got;

	(void)listener;
	snprintf(link, sizeof(link), "/proc/self/fd/%u", addfd->srcfd);
	got = readlink(link, path, sizeof(path) - 1);
	if (got < 0)
		abort();
	path[got] = '\0';
	if (!strncmp(path, fake.top, len) && (!strncmp(path + len, "/secret", 7) ||
					      !strncmp(path + len, "/hidden", 7))) {
		fprintf(stderr, "injected %s\n", path);
		abort();
	}
	return fake.gone ? -ENOENT : 20;
}

/* Return: how much of @len at @addr is there. */
static size_t there(uint64_t addr, size_t len)
{
	if (addr < FAKE_END - fake.size || addr >= FAKE_END)
		return 0;
	return len < FAKE_END - addr ? len : (size_t)(FAKE_END - addr);
}

static uint8_t *at(uint64_t addr)
{
	return fake.page + (addr - (FAKE_END - fake.size));
}

ssize_t kernel_vm_read(pid_t tid, uint64_t addr, void *buf, size_t len)
{
	size_t n = there(addr, len);

	(void)tid;
	if (!n)
		return len ? -EFAULT : 0;
	memcpy(buf, at(addr), n);
	return (ssize_t)n;
}

ssize_t kernel_vm_write(pid_t tid, uint64_t addr, const void *buf, size_t len)
{
	size_t n = there(addr, len);

	(void)tid;
	if (!n)
		return len ? -EFAULT : 0;
	memcpy(at(addr), buf, n);
	return (ssize_t)n;
}

int kernel_pidfd_send_signal(int pidfd, int sig)
{
	(void)pidfd, (void)sig;
	return 0;
}

int kernel_tgkill(pid_t tgid, pid_t tid, int sig)
{
	(void)tgid, (void)sig;
	return tid == fake.caller ? 0 : -ESRCH;
}

long __wrap_ptrace(int request, ...)
{
	(void)request;
	errno = EPERM;
	return -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The same file by other names: magic links in /proc, of this process, its
 * threads, its children, its ancestors. */
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

static char path[PATH_MAX + 64];

__attribute__((format(printf, 1, 2)))
static void attempt(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	check_path(path, path);
}

static void through_descriptors(void)
{
	int dir = dir_fd(attack_dir);
	int pub = dir_fd(in_dir(PUBLIC));

	need(pub >= 0);
	attempt("/proc/self/fd/%d/" SECRET "/data", dir);
	attempt("/dev/fd/%d/" SECRET "/data", dir);
	attempt("/proc/self/fd/%d/../" SECRET "/data", pub);
	attempt("/proc/thread-self/fd/%d/../" SECRET "/data", pub);
	attempt("/proc/%d/fd/%d/" SECRET "/data", getpid(), dir);
	attempt("/proc/self/task/%d/fd/%d/" SECRET "/data", getpid(), dir);
	close(dir);
	close(pub);
}

static void through_roots(const char *who)
{
	attempt("/proc/%s/root%s", who, secret_file());
	attempt("/proc/%s/cwd/" SECRET "/data", who);
	attempt("/proc/%s/root/proc/%s/root%s", who, who, secret_file());
	attempt("/proc/%s/cwd/../%s/" SECRET "/data", who,
		strrchr(attack_dir, '/') + 1);
}

static void *thread(void *arg)
{
	(void)arg;
	through_roots("thread-self");
	return NULL;
}

int main(int argc, char **argv)
{
	char who[16];
	pthread_t id;
	pid_t pid;

	attack_init(argc, argv);
	need(chdir(attack_dir) == 0);
	check_path(SECRET "/data", "a relative path");
	check_path("./" PUBLIC "/../" SECRET "//data", "a path with ..");
	through_descriptors();
	through_roots("self");
	through_roots("thread-self");
	through_roots("1");
	snprintf(who, sizeof(who), "%d", getppid());
	through_roots(who);
	need(pthread_create(&id, NULL, thread, NULL) == 0);
	pthread_join(id, NULL);
	pid = fork();
	need(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	snprintf(who, sizeof(who), "%d", pid);
	through_roots(who);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	held();
}

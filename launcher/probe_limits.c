/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/features.h"
#include "launcher/probe.h"
#include "policy/base/cleanup.h"

/* Where this process stands: the limits that a container, a unit or the
 * administrator put around it. */

/* Read a small file. Return: bytes read, @buf terminated, or -errno. */
static ssize_t read_small(const char *path, char *buf, size_t size)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

/* Return: the number after "@key:" in /proc/self/status, or -1. */
static long status_number(const char *key)
{
	char buf[4096], *line;

	if (read_small("/proc/self/status", buf, sizeof(buf)) <= 0)
		return -1;
	line = strstr(buf, key);
	return line ? strtol(line + strlen(key), NULL, 10) : -1;
}

struct probe_result probe_outer_listener(void)
{
	int err = features_listener_error();

	if (err == -EBUSY)
		return probe_works_value(1, "yes: this process is supervised "
					 "already");
	return probe_works_value(0, err ? "cannot tell" : "no");
}

struct probe_result probe_outer_filter(void)
{
	long filters = status_number("\nSeccomp_filters:\t");

	if (filters < 0)	/* before 5.9 only the mode is told */
		filters = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
	if (filters == 0)
		return probe_works_value(0, "none");
	return probe_works_value(filters, "%ld: what they deny, no policy can "
				 "give back", filters);
}

struct probe_result probe_no_new_privs(void)
{
	int on = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	if (on < 0)
		return probe_unknown("prctl: %s", strerror(errno));
	return probe_works_value(on, on ? "set: set-user-ID programs gain nothing"
				 : "not set");
}

static bool has_cap(const struct __user_cap_data_struct *data, int cap)
{
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

struct probe_result probe_capabilities(void)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &hdr, data) < 0)
		return probe_unknown("capget: %s", strerror(errno));
	if (has_cap(data, CAP_SYS_ADMIN))
		return probe_works_value(1, "CAP_SYS_ADMIN%s: rules that only "
					 "change views leave set-user-ID alone",
					 has_cap(data, CAP_SYS_PTRACE) ?
					 ", CAP_SYS_PTRACE" : "");
	return probe_works_value(0, "no CAP_SYS_ADMIN: programs run with "
				 "no_new_privs");
}

struct probe_result probe_yama(void)
{
	static const char *const meaning[] = {
		"0: debugging is not restricted",
		"1: parents may trace their children, which is enough",
		"2: only CAP_SYS_PTRACE may trace",
		"3: nobody may trace, memory is closed",
	};
	char buf[16];
	long scope;

	if (read_small("/proc/sys/kernel/yama/ptrace_scope", buf,
		       sizeof(buf)) <= 0)
		return probe_works_value(0, "absent");
	scope = strtol(buf, NULL, 10);
	if (scope < 0 || scope > 3)
		return probe_unknown("ptrace_scope %ld", scope);
	return probe_works_value(scope, "%s", meaning[scope]);
}

struct probe_result probe_container(void)
{
	const char *env = getenv("container");
	char buf[4096];

	if (read_small("/proc/version", buf, sizeof(buf)) > 0 &&
	    strstr(buf, "gVisor"))
		return probe_works_value(1, "gVisor");
	if (env && *env)
		return probe_works_value(1, "%s", env);
	if (access("/run/.containerenv", F_OK) == 0)
		return probe_works_value(1, "podman");
	if (access("/.dockerenv", F_OK) == 0)
		return probe_works_value(1, "docker");
	if (getenv("KUBERNETES_SERVICE_HOST"))
		return probe_works_value(1, "Kubernetes");
	return probe_works_value(0, "no sign of one");
}

struct probe_result probe_user_namespace(void)
{
	unsigned long inside, outside, count;
	char buf[256];

	if (read_small("/proc/self/uid_map", buf, sizeof(buf)) <= 0)
		return probe_unknown("/proc/self/uid_map cannot be read");
	if (sscanf(buf, "%lu %lu %lu", &inside, &outside, &count) != 3)
		return probe_works_value(1, "one without a mapping: files "
					 "belong to the overflow user");
	if (inside == 0 && outside == 0 && count == UINT32_MAX)
		return probe_works_value(0, "the first one");
	return probe_works_value(1, "one of its own, %lu user ids", count);
}

struct probe_result probe_pid_namespace(void)
{
	char buf[4096], *line, *eol;

	if (getppid() == 1)	/* a probe is a child of gosup itself */
		return probe_works_value(1, "gosup is process 1: it reaps "
					 "orphans and passes signals on");
	if (read_small("/proc/self/status", buf, sizeof(buf)) <= 0)
		return probe_unknown("/proc is not mounted");
	line = strstr(buf, "\nNSpid:");
	eol = line ? strchr(line + 1, '\n') : NULL;
	if (!eol)
		return probe_unknown("the kernel does not tell");
	*eol = '\0';
	/* One number for each namespace that sees us through this /proc. */
	strtoul(line + 7, &line, 10);
	return probe_works_value(*line != '\0', *line ? "nested" :
				 "the one of /proc");
}

struct probe_result probe_read_only_root(void)
{
	struct statvfs fs;

	if (statvfs("/", &fs) < 0)
		return probe_unknown("statvfs: %s", strerror(errno));
	if (fs.f_flag & ST_RDONLY)
		return probe_works_value(1, "yes: gosup needs no file of its own");
	return probe_works_value(0, "no");
}

struct probe_result probe_open_files(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return probe_unknown("getrlimit: %s", strerror(errno));
	/* gosup itself holds a few per process under supervision. */
	if (lim.rlim_max < 256)
		return probe_fails(0, "%lu: too few for many processes",
				   (unsigned long)lim.rlim_max);
	return probe_works_value((long)lim.rlim_max, "%lu, up to %lu",
				 (unsigned long)lim.rlim_cur,
				 (unsigned long)lim.rlim_max);
}

/**
 * cgroup_path() - this process's group in the hierarchy of @controller.
 * @controller: "pids", or "" for the unified hierarchy
 * Return: false if there is none.
 */
static bool cgroup_path(const char *controller, char *ret, size_t size)
{
	char buf[4096], key[32], *line, *eol;

	if (read_small("/proc/self/cgroup", buf, sizeof(buf)) <= 0)
		return false;
	/* Lines are "N:controllers:/path"; v1 may join some: "cpu,cpuacct". */
	snprintf(key, sizeof(key), ":%s:/", controller);
	line = strstr(buf, key);
	if (!line)
		return false;
	line += strlen(key) - 1;
	eol = strchr(line, '\n');
	if (eol)
		*eol = '\0';
	snprintf(ret, size, "%s", line);
	return true;
}

/**
 * cgroup_limit() - the limit of this process's own cgroup.
 * @controller: of the v1 hierarchy
 * @v1: its file; @v2: the file of the unified hierarchy
 * Return: -1 where there is no limit or none is to be seen.
 */
static long long cgroup_limit(const char *controller, const char *v1,
			      const char *v2)
{
	char group[2048], path[2304], buf[64];
	bool have = cgroup_path("", group, sizeof(group));
	long long limit;

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", have ? group : "", v2);
	if (read_small(path, buf, sizeof(buf)) <= 0) {
		have = cgroup_path(controller, group, sizeof(group));
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s%s/%s", controller,
			 have ? group : "", v1);
		/* Without a cgroup namespace the path is the host's, and our
		 * own group is what is mounted. */
		if (read_small(path, buf, sizeof(buf)) <= 0) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s",
				 controller, v1);
			if (read_small(path, buf, sizeof(buf)) <= 0)
				return -1;
		}
	}
	if (strncmp(buf, "max", 3) == 0)
		return -1;
	limit = strtoll(buf, NULL, 10);
	/* v1 says "no limit" as the largest multiple of a page. */
	return limit > (1LL << 60) ? -1 : limit;
}

struct probe_result probe_processes(void)
{
	long long pids = cgroup_limit("pids", "pids.max", "pids.max");
	struct rlimit lim;

	if (getrlimit(RLIMIT_NPROC, &lim) < 0)
		return probe_unknown("getrlimit: %s", strerror(errno));
	if (lim.rlim_cur != RLIM_INFINITY &&
	    (pids < 0 || (long long)lim.rlim_cur < pids))
		return probe_works_value((long)lim.rlim_cur,
					 "%lu threads for this user",
					 (unsigned long)lim.rlim_cur);
	if (pids < 0)
		return probe_works_value(0, "no limit");
	return probe_works_value((long)pids, "%lld threads in this cgroup", pids);
}

struct probe_result probe_memory(void)
{
	long long bytes = cgroup_limit("memory", "memory.limit_in_bytes",
				       "memory.max");

	if (bytes < 0)
		return probe_works_value(0, "no limit");
	return probe_works_value((long)bytes, "%lld MiB in this cgroup",
				 bytes >> 20);
}

struct probe_result probe_terminal(void)
{
	auto_fd fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return probe_works_value(0, "none controls this process");
	return probe_works_value(1, "yes: ^C and ^Z reach the program directly");
}

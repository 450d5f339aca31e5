/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policy/load.h"

/*
 * Policies and fragments that need no file. They are texts like any other, one
 * rule a line, so that `explain` can name the line of each.
 *
 * Paths are those where the kernel finds the object, behind symbolic links:
 * /etc/resolv.conf is often a link into /run, so both places stand here. What
 * does not exist does no harm.
 *
 * A rule that takes a right away below another rule cannot be enforced by
 * Landlock and costs the run its cheapest layer. So a fragment gives what an
 * including policy is likely to give for the folder above anyhow: "read exec"
 * below /usr, "read write" below /dev, "read" below /etc and /sys.
 */

#define FIRST(path, rights) \
	"\t\t{\"path\": \"" path "\", \"allow\": \"" rights "\"}"
#define THEN(path, rights) ",\n" FIRST(path, rights)
#define FILES "\t\"files\": [\n"
#define END "\n\t]\n}\n"
#define FRAGMENT "{\n\t\"version\": 1,\n" FILES

/* What the Go runtime and the standard library look at in any program. */
static const char base[] = FRAGMENT
	FIRST("/dev/null", "read write")
	THEN("/dev/zero", "read write")
	THEN("/dev/full", "read write")
	THEN("/dev/random", "read write")
	THEN("/dev/urandom", "read write")
	THEN("/dev/tty", "read write")
	THEN("/dev/pts", "read write")
	THEN("/proc/self", "read")
	THEN("/proc/thread-self", "read")
	THEN("/proc/sys/kernel", "read")
	THEN("/proc/sys/net/core", "read")
	THEN("/proc/sys/vm", "read")
	THEN("/proc/cpuinfo", "read")
	THEN("/proc/meminfo", "read")
	THEN("/proc/stat", "read")
	THEN("/proc/loadavg", "read")
	THEN("/proc/uptime", "read")
	THEN("/proc/version", "read")
	THEN("/proc/filesystems", "read")
	THEN("/sys/kernel/mm/transparent_hugepage", "read")
	THEN("/sys/devices/system", "read")
	THEN("/sys/fs/cgroup", "read")
	THEN("/etc/localtime", "read")
	THEN("/etc/timezone", "read")
	THEN("/etc/zoneinfo", "read")
	THEN("/usr/share/zoneinfo", "read exec")
	THEN("/usr/share/lib/zoneinfo", "read exec")
	THEN("/usr/lib/locale", "read exec")
	THEN("/usr/lib/go/lib/time", "read exec")
	THEN("/usr/local/go/lib/time", "read exec")
	THEN("/etc/passwd", "read")
	THEN("/etc/group", "read")
	THEN("/etc/mime.types", "read")
	THEN("/usr/share/mime", "read exec")
	END;

/* The dynamic loader, shared libraries, locales and name services. */
static const char glibc[] = FRAGMENT
	FIRST("/lib", "read exec")
	THEN("/lib32", "read exec")
	THEN("/lib64", "read exec")
	THEN("/usr/lib", "read exec")
	THEN("/usr/lib32", "read exec")
	THEN("/usr/lib64", "read exec")
	THEN("/usr/libexec", "read exec")
	THEN("/usr/local/lib", "read exec")
	THEN("/etc/ld.so.cache", "read")
	THEN("/etc/ld.so.preload", "read")
	THEN("/etc/ld.so.conf", "read")
	THEN("/etc/ld.so.conf.d", "read")
	THEN("/etc/nsswitch.conf", "read")
	THEN("/etc/locale.alias", "read")
	THEN("/usr/share/locale", "read exec")
	THEN("/usr/share/i18n", "read exec")
	END;

/* Resolving names, by Go's own resolver or the C library's. */
static const char dns[] = FRAGMENT
	FIRST("/etc/hosts", "read")
	THEN("/etc/host.conf", "read")
	THEN("/etc/hostname", "read")
	THEN("/etc/resolv.conf", "read")
	THEN("/etc/nsswitch.conf", "read")
	THEN("/etc/gai.conf", "read")
	THEN("/etc/services", "read")
	THEN("/etc/protocols", "read")
	THEN("/run/systemd/resolve", "read write")
	THEN("/run/resolvconf", "read")
	THEN("/run/NetworkManager", "read")
	THEN("/mnt/wsl/resolv.conf", "read")
	END;

/* Root certificates where distributions keep them, and no private keys. */
static const char tls[] = FRAGMENT
	FIRST("/etc/ssl/certs", "read")
	THEN("/etc/ssl/cert.pem", "read")
	THEN("/etc/ssl/ca-bundle.pem", "read")
	THEN("/etc/ssl/openssl.cnf", "read")
	THEN("/etc/pki/ca-trust", "read")
	THEN("/etc/pki/tls/certs", "read")
	THEN("/etc/pki/tls/cert.pem", "read")
	THEN("/etc/pki/tls/cacert.pem", "read")
	THEN("/etc/pki/tls/openssl.cnf", "read")
	THEN("/etc/ca-certificates", "read")
	THEN("/etc/ca-certificates.conf", "read")
	THEN("/etc/crypto-policies", "read")
	THEN("/usr/lib/ssl", "read exec")
	THEN("/usr/share/ca-certificates", "read exec")
	THEN("/usr/share/crypto-policies", "read exec")
	THEN("/usr/share/pki", "read exec")
	THEN("/usr/local/share/ca-certificates", "read exec")
	THEN("/var/lib/ca-certificates", "read")
	END;

static const char all_allowed[] =
	"{\n\t\"version\": 1,\n\t\"default\": \"allow\"\n}\n";

/*
 * A program that only computes, talks to the network and writes temporary
 * files. Of /etc only what programs commonly read and what holds no secrets.
 */
static const char confined[] =
	"{\n\t\"version\": 1,\n"
	"\t\"include\": [\"@base\", \"@glibc\", \"@dns\", \"@tls\"],\n"
	"\t\"default\": \"deny\",\n"
	FILES
	FIRST("/usr", "read exec")
	THEN("/bin", "read exec")
	THEN("/sbin", "read exec")
	THEN("/opt", "read exec")
	THEN("/nix/store", "read exec")
	THEN("/snap", "read exec")
	THEN("/tmp", "read write")
	THEN("/var/tmp", "read write")
	THEN("/dev/shm", "read write")
	THEN("/dev/ptmx", "read write")
	THEN("/sys/kernel/mm", "read")
	THEN("/sys/class/net", "read")
	THEN("/etc/alternatives", "read")
	THEN("/etc/bash.bashrc", "read")
	THEN("/etc/debian_version", "read")
	THEN("/etc/environment", "read")
	THEN("/etc/fonts", "read")
	THEN("/etc/inputrc", "read")
	THEN("/etc/locale.conf", "read")
	THEN("/etc/machine-id", "read")
	THEN("/etc/magic", "read")
	THEN("/etc/networks", "read")
	THEN("/etc/os-release", "read")
	THEN("/etc/profile", "read")
	THEN("/etc/profile.d", "read")
	THEN("/etc/shells", "read")
	THEN("/etc/terminfo", "read")
	THEN("/etc/xdg", "read")
	END;

static const struct builtin {
	const char *name;
	const char *text;
} builtins[] = {
	{ "@default",	all_allowed },
	{ "@confined",	confined },
	{ "@base",	base },
	{ "@glibc",	glibc },
	{ "@dns",	dns },
	{ "@tls",	tls },
};

#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

/* Those that make sense alone; the others are fragments to include. */
const char *const policy_builtin_names[] = { "@default", "@confined", NULL };

const char *policy_builtin_text(const char *name)
{
	size_t i;

	for (i = 0; i < BUILTINS; i++)
		if (strcmp(builtins[i].name, name) == 0)
			return builtins[i].text;
	return NULL;
}

const char *builtin_candidate(void *arg, size_t i)
{
	(void)arg;
	return i < BUILTINS ? builtins[i].name : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/memfd.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <asm/prctl.h>
#endif

/*
 * Tables are built from the constants themselves, so that a name can never
 * stand beside another one's value, and numbers are this architecture's.
 */

struct name {
	const char *name;
	int value;
};

#define N(constant) { #constant, constant }

/* A number's own name stands before its aliases. */
static const struct name errnos[] = {
	N(EPERM), N(ENOENT), N(ESRCH), N(EINTR), N(EIO), N(ENXIO), N(E2BIG),
	N(ENOEXEC), N(EBADF), N(ECHILD), N(EAGAIN), N(ENOMEM), N(EACCES),
	N(EFAULT), N(ENOTBLK), N(EBUSY), N(EEXIST), N(EXDEV), N(ENODEV),
	N(ENOTDIR), N(EISDIR), N(EINVAL), N(ENFILE), N(EMFILE), N(ENOTTY),
	N(ETXTBSY), N(EFBIG), N(ENOSPC), N(ESPIPE), N(EROFS), N(EMLINK),
	N(EPIPE), N(EDOM), N(ERANGE), N(EDEADLK), N(ENAMETOOLONG), N(ENOLCK),
	N(ENOSYS), N(ENOTEMPTY), N(ELOOP), N(ENOMSG), N(EIDRM), N(ECHRNG),
	N(EL2NSYNC), N(EL3HLT), N(EL3RST), N(ELNRNG), N(EUNATCH), N(ENOCSI),
	N(EL2HLT), N(EBADE), N(EBADR), N(EXFULL), N(ENOANO), N(EBADRQC),
	N(EBADSLT), N(EBFONT), N(ENOSTR), N(ENODATA), N(ETIME), N(ENOSR),
	N(ENONET), N(ENOPKG), N(EREMOTE), N(ENOLINK), N(EADV), N(ESRMNT),
	N(ECOMM), N(EPROTO), N(EMULTIHOP), N(EDOTDOT), N(EBADMSG),
	N(EOVERFLOW), N(ENOTUNIQ), N(EBADFD), N(EREMCHG), N(ELIBACC),
	N(ELIBBAD), N(ELIBSCN), N(ELIBMAX), N(ELIBEXEC), N(EILSEQ),
	N(ERESTART), N(ESTRPIPE), N(EUSERS), N(ENOTSOCK), N(EDESTADDRREQ),
	N(EMSGSIZE), N(EPROTOTYPE), N(ENOPROTOOPT), N(EPROTONOSUPPORT),
	N(ESOCKTNOSUPPORT), N(EOPNOTSUPP), N(EPFNOSUPPORT), N(EAFNOSUPPORT),
	N(EADDRINUSE), N(EADDRNOTAVAIL), N(ENETDOWN), N(ENETUNREACH),
	N(ENETRESET), N(ECONNABORTED), N(ECONNRESET), N(ENOBUFS), N(EISCONN),
	N(ENOTCONN), N(ESHUTDOWN), N(ETOOMANYREFS), N(ETIMEDOUT),
	N(ECONNREFUSED), N(EHOSTDOWN), N(EHOSTUNREACH), N(EALREADY),
	N(EINPROGRESS), N(ESTALE), N(EUCLEAN), N(ENOTNAM), N(ENAVAIL),
	N(EISNAM), N(EREMOTEIO), N(EDQUOT), N(ENOMEDIUM), N(EMEDIUMTYPE),
	N(ECANCELED), N(ENOKEY), N(EKEYEXPIRED), N(EKEYREVOKED),
	N(EKEYREJECTED), N(EOWNERDEAD), N(ENOTRECOVERABLE), N(ERFKILL),
	N(EHWPOISON),
	N(EWOULDBLOCK), N(EDEADLOCK), N(ENOTSUP),
};

static const struct name signals[] = {
	N(SIGHUP), N(SIGINT), N(SIGQUIT), N(SIGILL), N(SIGTRAP), N(SIGABRT),
	N(SIGBUS), N(SIGFPE), N(SIGKILL), N(SIGUSR1), N(SIGSEGV), N(SIGUSR2),
	N(SIGPIPE), N(SIGALRM), N(SIGTERM), N(SIGSTKFLT), N(SIGCHLD),
	N(SIGCONT), N(SIGSTOP), N(SIGTSTP), N(SIGTTIN), N(SIGTTOU), N(SIGURG),
	N(SIGXCPU), N(SIGXFSZ), N(SIGVTALRM), N(SIGPROF), N(SIGWINCH),
	N(SIGIO), N(SIGPWR), N(SIGSYS),
	N(SIGIOT), N(SIGPOLL), N(SIGCLD),
};

static const struct {
	const char *name;
	uint64_t value;
} constants[] = {
#define C(constant) { #constant, (uint64_t)(int64_t)(constant) },
#include "policy/constants.def"
#undef C
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Real-time signals as shells, kill(1) and systemd number them: the C library
 * keeps the kernel's first two for itself, and a static Go program, which has
 * no C library, calls them by number only.
 */
#define RT_MIN 34
#define RT_MAX 64

static const char *const rt_names[RT_MAX - RT_MIN + 1] = {
	"SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4",
	"SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9",
	"SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13",
	"SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+16", "SIGRTMIN+17",
	"SIGRTMIN+18", "SIGRTMIN+19", "SIGRTMIN+20", "SIGRTMIN+21",
	"SIGRTMIN+22", "SIGRTMIN+23", "SIGRTMIN+24", "SIGRTMIN+25",
	"SIGRTMIN+26", "SIGRTMIN+27", "SIGRTMIN+28", "SIGRTMIN+29",
	"SIGRTMAX",
};

static const char *find_value(const struct name *names, size_t count, int value)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].name;
	return NULL;
}

int errno_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(errnos); i++)
		if (strcmp(errnos[i].name, name) == 0)
			return errnos[i].value;
	return 0;
}

const char *errno_name(int err)
{
	const char *name = find_value(errnos, COUNT(errnos), err);

	return name ? name : "E?";
}

const char *errno_candidate(void *arg, size_t i)
{
	(void)arg;
	return i < COUNT(errnos) ? errnos[i].name : NULL;
}

/* The rest of "RTMIN+3" and "RTMAX-1", as a number from 0 to 30, or -1. */
static int rt_offset(const char *s, char sign)
{
	int n = 0;

	if (!*s)
		return 0;
	if (*s++ != sign || !isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (*s - '0');
		if (n > RT_MAX - RT_MIN)
			return -1;
	}
	return *s ? -1 : n;
}

int signal_by_name(const char *name)
{
	size_t i;
	int n;

	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (i = 0; i < COUNT(signals); i++)
		if (strcmp(signals[i].name + 3, name) == 0)
			return signals[i].value;
	if (strncmp(name, "RTMIN", 5) == 0) {
		n = rt_offset(name + 5, '+');
		return n < 0 ? 0 : RT_MIN + n;
	}
	if (strncmp(name, "RTMAX", 5) == 0) {
		n = rt_offset(name + 5, '-');
		return n < 0 ? 0 : RT_MAX - n;
	}
	return 0;
}

bool duration_by_text(const char *text, unsigned *ret_ms)
{
	static const struct {
		const char *unit;
		unsigned ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 },
	};
	const unsigned long day = 24UL * 60 * 60 * 1000;
	unsigned long n;
	char *end;
	size_t i;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtoul(text, &end, 10);
	for (i = 0; i < COUNT(units); i++) {
		if (strcmp(units[i].unit, end) != 0)
			continue;
		if (!n || n > day / units[i].ms)
			return false;
		*ret_ms = (unsigned)n * units[i].ms;
		return true;
	}
	return false;
}

const char *signal_name(int sig)
{
	if (sig >= RT_MIN && sig <= RT_MAX)
		return rt_names[sig - RT_MIN];
	return find_value(signals, COUNT(signals), sig);
}

const char *signal_candidate(void *arg, size_t i)
{
	(void)arg;
	if (i < COUNT(signals))
		return signals[i].name;
	i -= COUNT(signals);
	return i < COUNT(rt_names) ? rt_names[i] : NULL;
}

bool constant_by_name(const char *name, uint64_t *ret)
{
	size_t i;
	int sig;

	for (i = 0; i < COUNT(constants); i++) {
		if (strcmp(constants[i].name, name) == 0) {
			*ret = constants[i].value;
			return true;
		}
	}
	sig = strncmp(name, "SIG", 3) == 0 ? signal_by_name(name) : 0;
	if (!sig)
		return false;
	*ret = (uint64_t)sig;
	return true;
}

const char *constant_candidate(void *arg, size_t i)
{
	if (i < COUNT(constants))
		return constants[i].name;
	return signal_candidate(arg, i - COUNT(constants));
}

const char *strings_candidate(void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

/*
 * Edit distance between words, with a swap of neighbours as one edit (optimal
 * string alignment). Letters that differ only in case are equal: who writes
 * "eacces" is answered "EACCES".
 */
#define WORD_MAX 64

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return toupper((unsigned char)a) == toupper((unsigned char)b);
}

/* Return: the distance, or @limit + 1 if it is over @limit. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b,
			      size_t b_len, unsigned limit)
{
	unsigned rows[3][WORD_MAX + 1] = { 0 };
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *tmp;
	unsigned row_least, cost;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (i = 1; i <= a_len; i++) {
		row_least = row[0] = (unsigned)i;
		for (j = 1; j <= b_len; j++) {
			cost = !same_letter(a[i - 1], b[j - 1]);
			row[j] = least(last[j - 1] + cost,
				       least(last[j], row[j - 1]) + 1);
			if (cost && i > 1 && j > 1 &&
			    same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
			row_least = least(row_least, row[j]);
		}
		if (row_least > limit)
			return limit + 1;
		tmp = before;
		before = last;
		last = row;
		row = tmp;
	}
	return least(last[b_len], limit + 1);
}

const char *nearest_name(const char *word,
			 const char *(*candidate)(void *arg, size_t i),
			 void *arg)
{
	size_t len = strlen(word), other_len, longer, gap, i;
	const char *best = NULL, *name;
	unsigned best_distance = WORD_MAX, limit, distance;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (i = 0; (name = candidate(arg, i)) != NULL; i++) {
		other_len = strlen(name);
		if (other_len > WORD_MAX)
			continue;
		longer = len > other_len ? len : other_len;
		gap = longer - (len < other_len ? len : other_len);
		limit = longer < 3 ? 1 : (unsigned)longer / 3;
		if (limit >= best_distance)
			limit = best_distance - 1;
		if (gap > limit)
			continue;
		distance = edit_distance(word, len, name, other_len, limit);
		if (distance > limit)
			continue;
		best_distance = distance;
		best = name;
		if (distance == 0)
			break;
	}
	return best;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The other doors of an x86-64 kernel: int 0x80 with 32-bit numbers, and x32
 * numbers with bit 30 set. Neither may open the secret. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "attack.h"

#if defined(__x86_64__)

#define X32_BIT 0x40000000L

enum { I386_OPEN = 5, I386_OPENAT = 295, I386_OPENAT2 = 437, I386_STAT64 = 195,
       X32_OPENAT = 257, X32_OPEN = 2 };

static long int80(long nr, long b, long c, long d, long s)
{
	long ret;

	__asm__ volatile ("int $0x80" : "=a" (ret)
			  : "a" (nr), "b" (b), "c" (c), "d" (d), "S" (s)
			  : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* Being killed for it is a fine answer, so each try is a child's. */
static int attempt(int (*try)(const char *path), const char *path)
{
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0)
		_exit(try(path));
	need(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static int got(long fd)
{
	return fd >= 0 && reads_secret((int)fd);
}

static int try_int80(const char *path)
{
	uint64_t how[3] = { O_RDONLY };
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		return 0;
	strcpy(low, path);
	memcpy(low + 4096, how, sizeof(how));
	return got(int80(I386_OPEN, (long)low, O_RDONLY, 0, 0)) ||
	       got(int80(I386_OPENAT, AT_FDCWD, (long)low, O_RDONLY, 0)) ||
	       got(int80(I386_OPENAT2, AT_FDCWD, (long)low, (long)low + 4096,
			 sizeof(how))) ||
	       int80(I386_STAT64, (long)low, (long)low + 4096, 0, 0) == 0;
}

static int try_x32(const char *path)
{
	return got(syscall(X32_BIT | X32_OPEN, path, O_RDONLY)) ||
	       got(syscall(X32_BIT | X32_OPENAT, AT_FDCWD, path, O_RDONLY));
}

/* Numbers whose upper half is not zero: the kernel takes the lower one. */
static int try_high(const char *path)
{
	return got(syscall((1L << 32) | SYS_openat, AT_FDCWD, path, O_RDONLY));
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	if (attempt(try_int80, secret_file()))
		broken("int 0x80 reaches the secret");
	if (attempt(try_x32, secret_file()))
		broken("x32 calls reach the secret");
	if (attempt(try_high, secret_file()))
		broken("a number with a high half reaches the secret");
	held();
}

#else

int main(void)
{
	cannot("x86 only");
}

#endif

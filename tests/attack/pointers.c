/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad and awkward pointers: the supervisor must answer as the kernel does, and
 * must not fall over. All expected values are the kernel's own, so without
 * gosup this holds as well.
 */
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "attack.h"

#define PAGE 4096

static unsigned differences;

static void expect(const char *what, long ret, int want_errno)
{
	int err = ret < 0 ? errno : 0;

	if (ret >= 0)
		close((int)ret);
	if (err == want_errno)
		return;
	fprintf(stderr, "%s: errno %d, the kernel gives %d\n", what, err,
		want_errno);
	differences++;
}

static long at(const void *path)
{
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
}

/* Two pages, then nothing. */
static char *pages(void)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED);
	need(munmap(p + 2 * PAGE, PAGE) == 0);
	return p;
}

static void unreadable(void)
{
	char *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	need(none != MAP_FAILED);
	expect("NULL", at(NULL), EFAULT);
	expect("PROT_NONE", at(none), EFAULT);
	expect("unmapped", at(pages() + 2 * PAGE), EFAULT);
	expect("kernel address", at((void *)0xffff888000000000ULL), EFAULT);
	expect("not canonical", at((void *)0x8000000000000000ULL), EFAULT);
	expect("last address", at((void *)~0ULL), EFAULT);
	expect("empty", at(""), ENOENT);
}

static void at_page_ends(void)
{
	const char *file = in_dir(PUBLIC "/data");
	size_t len = strlen(file) + 1;
	char *p = pages();

	memcpy(p + 2 * PAGE - len, file, len);
	expect("ends with the page", at(p + 2 * PAGE - len), 0);
	memcpy(p + PAGE - len / 2, file, len);
	expect("crosses pages", at(p + PAGE - len / 2), 0);
	memset(p, 'x', 2 * PAGE);
	expect("no end before the hole", at(p + 2 * PAGE - 16), EFAULT);
	expect("no end, 255 before it", at(p + 2 * PAGE - 255), EFAULT);
	expect("too long", at(p), ENAMETOOLONG);
	memset(p, '/', 2 * PAGE);
	p[PATH_MAX - 1] = '\0';
	expect("4095 slashes", at(p), 0);
	p[PATH_MAX - 1] = '/';
	p[PATH_MAX] = '\0';
	expect("4096 slashes", at(p), ENAMETOOLONG);
	memset(p, 'n', 256);
	p[256] = '\0';
	expect("name of 256", at(p), ENAMETOOLONG);
}

/* Not PROT_WRITE or PROT_EXEC alone: x86 lets the program itself read such
 * pages, but whoever else may read them could read PROT_NONE as well
 * (check_vma_flags() in mm/gup.c). */
static void read_only(void)
{
	const char *file = in_dir(PUBLIC "/data");
	char *p = pages();

	strcpy(p, file);
	need(mprotect(p, PAGE, PROT_READ) == 0);
	expect("PROT_READ", at(p), 0);
}

static void results(void)
{
	const char *file = in_dir(PUBLIC "/data");
	char *p = pages();

	need(mprotect(p, 2 * PAGE, PROT_READ) == 0);
	expect("stat to NULL", syscall(SYS_stat, file, NULL), EFAULT);
	expect("stat to read-only", syscall(SYS_stat, file, p), EFAULT);
	expect("stat across the end",
	       syscall(SYS_newfstatat, AT_FDCWD, file, p + 2 * PAGE - 8, 0),
	       EFAULT);
	expect("statx to NULL",
	       syscall(SYS_statx, AT_FDCWD, file, 0, STATX_SIZE, NULL), EFAULT);
	expect("readlink to NULL",
	       syscall(SYS_readlink, "/proc/self/exe", NULL, 64), EFAULT);
	expect("readlink of size 0",
	       syscall(SYS_readlink, "/proc/self/exe", p, 0), EINVAL);
}

static void structures(void)
{
	char *file = in_dir(PUBLIC "/data");
	struct { struct open_how how; char more[4096]; } big = {};
	char *p = pages();
	struct open_how *edge = (void *)(p + 2 * PAGE - sizeof(*edge));

	expect("openat2 how NULL",
	       syscall(SYS_openat2, AT_FDCWD, file, NULL, sizeof(big.how)),
	       EFAULT);
	expect("openat2 too small",
	       syscall(SYS_openat2, AT_FDCWD, file, &big, 8), EINVAL);
	expect("openat2 larger, zeros",
	       syscall(SYS_openat2, AT_FDCWD, file, &big, 64), 0);
	big.more[0] = 1;
	expect("openat2 larger, not zeros",
	       syscall(SYS_openat2, AT_FDCWD, file, &big, 64), E2BIG);
	expect("openat2 larger than a page",
	       syscall(SYS_openat2, AT_FDCWD, file, &big, sizeof(big)), E2BIG);
	expect("openat2 at the page end",
	       syscall(SYS_openat2, AT_FDCWD, file, edge, sizeof(*edge)), 0);
	expect("openat2 across the page end",
	       syscall(SYS_openat2, AT_FDCWD, file, (char *)edge + 8,
		       sizeof(*edge)), EFAULT);
	big.how.flags = 1ULL << 40;
	expect("openat2 unknown flag",
	       syscall(SYS_openat2, AT_FDCWD, file, &big, sizeof(big.how)),
	       EINVAL);
}

/* Only the lower half of an int argument counts. */
static void junk_in_upper_halves(void)
{
	const char *file = in_dir(PUBLIC "/data");
	long junk = 0x1234567800000000L;

	expect("junk above AT_FDCWD",
	       syscall(SYS_openat, junk | (uint32_t)AT_FDCWD, file, O_RDONLY), 0);
	expect("junk above the flags",
	       syscall(SYS_openat, AT_FDCWD, file, junk | O_RDONLY), 0);
	expect("bad dirfd", syscall(SYS_openat, 9999, "x", O_RDONLY), EBADF);
	expect("bad dirfd, absolute",
	       syscall(SYS_openat, 9999, file, O_RDONLY), 0);
	expect("file as dirfd",
	       syscall(SYS_openat, STDIN_FILENO, "x", O_RDONLY), ENOTDIR);
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	unreadable();
	at_page_ends();
	read_only();
	results();
	structures();
	junk_in_upper_halves();
	if (differences)
		broken("%u answers are not the kernel's", differences);
	held();
}

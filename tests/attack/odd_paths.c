/* SPDX-License-Identifier: Apache-2.0 */
/* The denied file by paths that are written in odd ways: slashes and dots, too
 * long, not UTF-8, long chains of links, links to what is not there yet. */
#include <sys/stat.h>

#include "attack.h"

static void slashes(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "//%s", secret_file());
	check_path(path, "two slashes at the beginning");
	snprintf(path, sizeof(path), "%s//////" SECRET "/////data", attack_dir);
	check_path(path, "many slashes");
	snprintf(path, sizeof(path), "%s/" SECRET "/data/", attack_dir);
	check_path(path, "a slash at the end");
	snprintf(path, sizeof(path), "%s/" SECRET "/data/.", attack_dir);
	check_path(path, "a dot at the end");
	snprintf(path, sizeof(path), "/..//../.%s", secret_file());
	check_path(path, ".. above the root");
}

/* As long as a path may be, and longer. */
static void lengths(void)
{
	static char path[3 * PATH_MAX];
	size_t tail = strlen(SECRET "/data"), len;

	for (len = PATH_MAX - 40; len < PATH_MAX + 40; len++) {
		size_t n = (size_t)snprintf(path, sizeof(path), "%s/", attack_dir);

		while (n + 2 + tail < len) {
			memcpy(path + n, "./", 2);
			n += 2;
		}
		strcpy(path + n, SECRET "/data");
		check_path(path, "a long path");
	}
}

static void bytes(void)
{
	static const char *const names[] = {
		"\xff\xfe", "a\nb", "\x1b[2J", "caf\xe9", "*", "sec\x01ret", " ", "...",
	};
	char link[PATH_MAX], path[PATH_MAX + 32];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(link, sizeof(link), "%s/" PUBLIC "/%s", attack_dir, names[i]);
		if (symlink("../" SECRET, link) < 0)
			continue;
		snprintf(path, sizeof(path), "%s/data", link);
		check_path(path, "a link with an odd name");
		snprintf(path, sizeof(path), "%s/../" SECRET "/data", link);
		check_path(path, "out of a link with an odd name");
	}
}

/* Up to what the kernel follows, 40, and beyond. */
static void chains(void)
{
	char from[PATH_MAX], to[PATH_MAX];
	int i;

	need(symlink(secret_file(), in_dir(PUBLIC "/c0")) == 0);
	for (i = 1; i < 50; i++) {
		snprintf(to, sizeof(to), "c%d", i - 1);
		snprintf(from, sizeof(from), "%s/" PUBLIC "/c%d", attack_dir, i);
		need(symlink(to, from) == 0);
		check_path(from, "a chain of links");
	}
	need(symlink("loop", in_dir(PUBLIC "/loop")) == 0);
	check_path(in_dir(PUBLIC "/loop/../" SECRET "/data"), "a loop");
}

static void not_there_yet(void)
{
	struct stat st;
	int fd;

	need(symlink("../" SECRET "/made", in_dir(PUBLIC "/dangling")) == 0);
	fd = open(in_dir(PUBLIC "/dangling"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		broken("a dangling link creates in the denied directory");
	if (mkdir(in_dir(PUBLIC "/dangling/"), 0700) == 0 ||
	    mknod(in_dir(PUBLIC "/dangling"), S_IFIFO | 0600, 0) == 0)
		broken("a dangling link makes an entry in the denied directory");
	if (getenv("ATTACK_CONTROL") && stat(in_dir(SECRET "/made"), &st) == 0)
		unlink(in_dir(SECRET "/made"));
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	slashes();
	lengths();
	bytes();
	chains();
	not_there_yet();
	held();
}

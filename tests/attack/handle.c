/* SPDX-License-Identifier: Apache-2.0 */
/* A file handle opens a file without any path. */
#include "attack.h"

#define HANDLE_BYTES 128

struct handle {
	struct file_handle h;
	unsigned char bytes[HANDLE_BYTES];
};

/* A handle is no secret: anybody may have told it. With ATTACK_PRINT it is
 * printed, without gosup, and handed over in ATTACK_HANDLE. */
static void print(const struct handle *handle)
{
	const unsigned char *p = (const void *)handle;

	for (size_t i = 0; i < sizeof(*handle); i++)
		printf("%02x", p[i]);
	putchar('\n');
	held();
}

static void parse(const char *hex, struct handle *ret)
{
	unsigned char *p = (void *)ret;

	need(strlen(hex) == 2 * sizeof(*ret));
	for (size_t i = 0; i < sizeof(*ret); i++)
		need(sscanf(hex + 2 * i, "%2hhx", &p[i]) == 1);
}

int main(int argc, char **argv)
{
	struct handle handle = { .h.handle_bytes = HANDLE_BYTES };
	const char *told = getenv("ATTACK_HANDLE");
	int mount_id, mount_fd;

	attack_init(argc, argv);
	mount_fd = open(attack_dir, O_RDONLY | O_DIRECTORY);
	need(mount_fd >= 0 || !getenv("ATTACK_PRINT"));
	if (name_to_handle_at(AT_FDCWD, secret_file(), &handle.h, &mount_id,
			      0) < 0) {
		if (!told)
			cannot("no file handles here: %s", strerror(errno));
		parse(told, &handle);
	}
	if (getenv("ATTACK_PRINT"))
		print(&handle);
	if (mount_fd < 0)
		mount_fd = AT_FDCWD;
	check_fd(open_by_handle_at(mount_fd, &handle.h, O_RDONLY),
		 "open_by_handle_at");
	if (!told)
		cannot("handles may not be opened: %s", strerror(errno));
	held();
}

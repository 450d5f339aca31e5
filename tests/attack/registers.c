/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel does not look at in a register may hold anything: the upper
 * halves of int arguments. A judge that looks at all 64 bits sees other flags,
 * another descriptor, or a number that is none. */
#include "attack.h"

static const uint64_t junk[] = {
	0x100000000, 0xdeadbeef00000000, 0x8000000000000000, 0xffffffff00000000,
};

static uint64_t with(uint64_t high, int value)
{
	return high | (uint32_t)value;
}

int main(int argc, char **argv)
{
	char buf[4096];
	size_t i;
	int dir;

	attack_init(argc, argv);
	dir = dir_fd(attack_dir);
	for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		uint64_t high = junk[i];

		check_fd((int)syscall(SYS_open, secret_file(), with(high, O_RDONLY)), "flags");
		check_fd((int)syscall(SYS_openat, with(high, AT_FDCWD), secret_file(),
				      with(high, O_RDONLY)), "directory and flags");
		check_fd((int)syscall(SYS_openat, with(high, dir), SECRET "/data",
				      with(high, O_RDONLY)), "descriptor");
		check_fd((int)syscall(SYS_openat, with(high, 999), secret_file(), 0),
			 "no descriptor");
		if (syscall(SYS_symlinkat, secret_file(), with(high, AT_FDCWD),
			    in_dir(PUBLIC "/junk")) == 0) {
			check_path(in_dir(PUBLIC "/junk"), "symlinkat");
			unlink(in_dir(PUBLIC "/junk"));
		}
		if (syscall(SYS_linkat, with(high, AT_FDCWD), secret_file(),
			    with(high, AT_FDCWD), in_dir(PUBLIC "/junk"), with(high, 0)) == 0)
			check_path(in_dir(PUBLIC "/junk"), "linkat");
		if (getenv("ATTACK_LOOKING_DENIED") &&
		    syscall(SYS_newfstatat, with(high, AT_FDCWD), secret_file(), buf,
			    with(high, 0)) == 0)
			broken("newfstatat sees the secret");
	}
	held();
}

# SPDX-License-Identifier: Apache-2.0
"""What is tried under which policy: the table of test_attacks.py."""

import hashlib
import os
from dataclasses import dataclass, field

import support

HELD, BROKEN, CANNOT = 0, 1, 77


# ---- the policies: each makes one from the directory of the two trees ----

def deny(tree):
    """Everything is allowed but the secret tree, and to write the locked one."""
    return {"files": [
        {"path": f"{tree}/secret00", "deny": "EACCES"},
        {"path": f"{tree}/locked00", "allow": "read"},
        {"path": f"{tree}/public00/frozen", "allow": "read"}]}


def hide(tree):
    """The same, but it is not even there."""
    return {"files": [
        {"path": f"{tree}/secret00", "hide": True},
        {"path": f"{tree}/locked00", "allow": "read"},
        {"path": f"{tree}/public00/frozen", "allow": "read"}]}


def allow_list(tree):
    """Only what a static program needs, the public tree, and to read the locked
    one: what Landlock can enforce alone."""
    return {"default": "deny", "files": [
        {"path": f"{tree}/public00", "allow": "read write exec"},
        {"path": f"{tree}/locked00", "allow": "read"},
        {"path": f"{tree}/bin", "allow": "read exec"},
        {"path": "/proc", "allow": "read"},
        {"path": "/dev", "allow": "read write"}]}


def confined(tree):
    """The same with a rule that only the supervisor can enforce."""
    policy = allow_list(tree)
    policy["files"] += [
        {"path": f"{tree}/public00/frozen", "allow": "read"},
        {"path": "/etc/gosup-made-up", "content": "x"}]
    return policy


def programs(tree):
    """Nothing is denied but starting what is in the secret tree, and what is at
    one path of the public tree has to have certain bytes."""
    good = support.BUILD / "tests/attack/attack_swap_program"
    return {"exec": [
        {"path": f"{tree}/secret00", "deny": True},
        {"path": f"{tree}/public00/pinned", "allow": True,
         "sha256": hashlib.sha256(good.read_bytes()).hexdigest()}]}


def viewed(tree):
    """The public tree is seen at another place, too."""
    return {"files": [{"path": f"{tree}/view", "map": f"{tree}/public00"},
                      {"path": f"{tree}/secret00", "deny": True}]}


def plain(tree):
    """Nothing is denied; the supervisor protects itself all the same."""
    return None


ALL = (deny, hide, allow_list, confined)
MEDIATED = (deny, hide, confined)
DENYING = (deny, hide)
LISTED = (allow_list, confined)
EXECUTING = (*ALL, programs, viewed)


@dataclass
class Attack:
    name: str
    policies: tuple = ALL
    count: int = 1              # tries, or swaps, of attacks that race
    env: dict = field(default_factory=dict)
    program: str = ""           # if it is another one than the name
    alone: int = BROKEN         # how it has to end without gosup
    # What is open before the start: variable to path and flags.
    inherit: dict = field(default_factory=dict)
    outsider: bool = False      # somebody else uses the secret meanwhile


ATTACKS = [
    Attack("admin", LISTED),
    Attack("admin_files", LISTED),
    Attack("all_paths", DENYING),
    Attack("children"),
    Attack("core_dump"),
    Attack("dirfd"),
    Attack("disk_node", LISTED),
    Attack("empty_path", inherit={
        "ATTACK_FD": ("secret00/data", os.O_PATH),
        "ATTACK_DIR": ("secret00", os.O_PATH)}),
    Attack("exec_fd", EXECUTING, inherit={
        "ATTACK_FD": ("secret00/prog", os.O_PATH),
        "ATTACK_DIR": ("secret00", os.O_PATH)}),
    Attack("exec_names"),
    Attack("exec_thread", EXECUTING, count=20),
    Attack("exec_traced", EXECUTING),
    Attack("fanotify_peek", outsider=True),
    Attack("foreign_calls"),
    Attack("frozen", MEDIATED),
    Attack("getfd", count=20),
    Attack("handle_forge"),
    Attack("inotify_names", (hide,)),
    Attack("links"),
    Attack("listing", (hide,), count=5_000),
    Attack("loader_run", DENYING),
    Attack("many_held", MEDIATED),
    Attack("map_files"),
    Attack("memfd_exec"),
    Attack("mounts"),
    Attack("namespaces"),
    Attack("odd_paths"),
    Attack("opath"),
    Attack("overlay"),
    Attack("own_filter"),
    Attack("own_landlock", alone=HELD),
    Attack("passed_fd"),
    Attack("pointers", DENYING, alone=HELD),
    Attack("proc_links"),
    Attack("proc_others"),
    Attack("ptrace_args"),
    Attack("registers"),
    Attack("ro_aio"),
    Attack("ro_create"),
    Attack("ro_exchange"),
    Attack("ro_fdwrite"),
    Attack("ro_links"),
    Attack("ro_map"),
    Attack("ro_meta"),
    Attack("ro_reopen"),
    Attack("ro_truncate"),
    Attack("scripts", EXECUTING),
    Attack("secretmem"),
    Attack("swap_addr", count=20_000),
    Attack("swap_buffer", count=3_000),
    *(Attack(f"swap_by_{how}", count=10_000, env={"ATTACK_BY": how},
             program="swap_shared") for how in ("sharing", "vm", "mem")),
    Attack("swap_cwd", count=3_000),
    Attack("swap_dirfd", count=3_000),
    Attack("swap_entry", count=12_000),
    Attack("swap_exec", EXECUTING, count=500),
    Attack("swap_how", MEDIATED, count=20_000),
    Attack("swap_lent", (viewed,), count=500),
    Attack("swap_link", count=5_000),
    Attack("swap_map", count=20_000),
    Attack("swap_moved", count=3_000),
    Attack("swap_path", count=100_000),
    Attack("swap_program", (programs,), count=500),
    Attack("swap_rodata", count=3_000),
    Attack("swap_script", EXECUTING, count=150),
    Attack("swap_sibling", count=3_000),
    Attack("swap_signal", count=20),
    Attack("swap_stat", DENYING, count=20_000),
    Attack("swap_write", count=12_000),
    Attack("tmpfile"),
    Attack("tty_inject"),
    Attack("uffd_swap", count=20),
    Attack("unix_forms"),
    Attack("unix_paths"),
    Attack("uring"),
    Attack("uring_poll"),
]
BY_NAME = {attack.name: attack for attack in ATTACKS}

# SPDX-License-Identifier: Apache-2.0
"""What it costs a program to start others, where rules judge that."""

import hashlib
import shutil
from pathlib import Path


class ProgramGroups:
    """Group m of tests/bench/run."""

    def group_m(self):
        """Starting a Go hello world, from start to end, within one run."""
        hello = self.hello()
        size = Path(hello).stat().st_size / (1 << 20)
        tree = self.scratch / "programs"
        tree.mkdir(exist_ok=True)
        shutil.copy(hello, tree / "hello")
        seen = str(self.scratch / "seen")
        deny = {"path": str(self.scratch / "elsewhere"), "deny": True}
        digest = hashlib.sha256(Path(hello).read_bytes()).hexdigest()
        ways = {
            "verified": (hello, {"exec": [deny]}),
            f"verified, sha256 of {size:.1f} MiB": (hello, {"exec": [
                deny, {"path": hello, "allow": True, "sha256": digest}]}),
            "in a view": (f"{seen}/hello", {"files": [
                {"path": seen, "map": str(tree)}]}),
        }
        native = self.started(10, [hello], "spawn hello")
        sides = []
        for i, (program, content) in enumerate(ways.values()):
            policy = self.policy(f"exec{i}", **content)
            sides.append(self.side(
                [self.gosup, "run", "-p", policy, self.spawn, "10", program],
                f"gosup run -p exec{i}.json spawn hello"))
        got = self.rounds_of([native, *sides])
        for i, what in enumerate(ways, 1):
            yield self.row("m", f"a start, {what}, median", sides[i - 1], native,
                           [r[i]["median"] / r[0]["median"] for r in got])

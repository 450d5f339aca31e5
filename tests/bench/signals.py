# SPDX-License-Identifier: Apache-2.0
"""What signals cost on their way through gosup, and what it costs as process 1,
each next to the programs that do nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

MANY = 100000
# Those that images have as process 1, and how they are told what to run.
INITS = {"tini": ["--"], "dumb-init": ["--"], "catatonit": ["--"]}
# A process 1 needs a namespace of its own.
ALONE = ["unshare", "--pid", "--fork", "--mount-proc"]


class SignalGroups:
    """Groups k and l of tests/bench/run."""

    def through(self, what, count, *prefix):
        return self.side([self.signal, what, str(count), *prefix],
                         " ".join([*(Path(p).name for p in prefix), what]))

    def group_k(self):
        """Signals on their way through gosup."""
        ways = {"gosup": [self.gosup, "run", "--"], "relay": ["relay"]}
        ways |= {name: [shutil.which(name), *options]
                 for name, options in INITS.items() if shutil.which(name)}
        sides = {name: self.through("latency", 150, *prefix)
                 for name, prefix in ways.items()}
        got = self.rounds_of(list(sides.values()))
        took = {name: [r[i]["median"] for r in got]
                for i, name in enumerate(sides)}
        for name in list(sides)[1:]:
            what = ("a kill and one more wake" if name == "relay" else name)
            yield self.row("k", f"signal, median, to {what}", sides["gosup"],
                           sides[name], [g / o for g, o in zip(
                               took["gosup"], took[name])],
                           target=1.5 if name == "relay" else None)
        yield from self.counted()

    def counted(self):
        few = max(3, self.rounds // 10)
        for kind, what in (("queued", "real-time signals with values"),
                           ("acked", "signals one by one")):
            gosup = self.through(kind, MANY, self.gosup, "run", "--")
            native = self.through(kind, MANY)
            got = self.rounds_of([gosup, native], few)
            yield self.row("k", f"{MANY:,} {what}: lost or doubled", gosup,
                           None, [float(abs(g["lost"]) + g["disorder"])
                                  for g, _ in got], unit="", target=0)
            yield self.row("k", f"{MANY:,} {what}, time", gosup, native,
                           [g["mean"] / n["mean"] for g, n in got])

    # As process 1 -----------------------------------------------------------

    def inits(self):
        """Command lines as far as the program, by name."""
        try:
            subprocess.run([*ALONE, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise self.cannot(f"no pid namespace here: {error}") from None
        found = {"gosup": [*ALONE, self.gosup, "run", "--"]}
        for name, options in INITS.items():
            path = shutil.which(name)
            if path:
                found[name] = [*ALONE, path, *options]
            else:
                self.note(f"{name} is not installed")
        return found

    def group_l(self):
        """As process 1: memory, start, orphans."""
        inits = self.inits()
        for name, prefix in inits.items():
            yield from self.init_memory(name, prefix)
        shown = {name: f"{name} {{}} as process 1" for name in inits}
        sides = [self.started(5, [*prefix, "/bin/true"],
                              shown[name].format("true"))
                 for name, prefix in inits.items()]
        sides.append(self.started(5, [*ALONE, "/bin/true"],
                                  "true as process 1"))
        got = self.rounds_of(sides)
        for i, name in enumerate(inits):
            yield self.row("l", f"start and end, {name} adds", sides[i],
                           sides[-1], [(r[i]["median"] - r[-1]["median"]) / 1e6
                                       for r in got], unit="ms")
        sides = [self.side([*prefix, self.orphans, str(MANY)],
                           shown[name].format("bench_orphans"))
                 for name, prefix in inits.items()]
        got = self.rounds_of(sides, max(5, self.rounds // 8))
        for i, name in list(enumerate(inits))[1:]:
            yield self.row("l", f"{MANY:,} orphans reaped, to {name}", sides[0],
                           sides[i], [r[0]["mean"] / r[i]["mean"] for r in got],
                           target=1.0)

    def init_memory(self, name, prefix):
        side = self.side([*prefix, self.client, "wait", "1", str(self.file)],
                         f"{name} as process 1")
        program = os.path.realpath(prefix[len(ALONE)])
        seen = [self.memory_of(side, program) for _ in range(3)]
        for what in ("Pss", "Private"):
            yield self.row("l", f"{what}, {name}", side, None,
                           [s[what] / 1024 for s in seen], unit="MiB")

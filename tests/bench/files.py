# SPDX-License-Identifier: Apache-2.0
"""What rules about files cost: many rules, many threads, the kernel's own
enforcement, and a real program that opens thousands of files."""

import os
import shutil
import subprocess

FEW, MANY = 10, 100000
THREADS = 64


class FileGroups:
    """Groups g to j of tests/bench/run."""

    def rules(self, kind, count):
        extra = {"deny": lambda i: {"deny": "EACCES"},
                 "map": lambda i: {"map": f"/srv/target/{i // 300}/{i}"}}[kind]
        return self.policy(f"{kind}-{count}", files=[
            {"path": f"/srv/tree/{i // 1000}/{i % 1000 // 40}/{i}", **extra(i)}
            for i in range(count)])

    def group_g(self):
        """A call under many rules, to one under few."""
        for kind in ("deny", "map"):
            few, many = (self.rules(kind, n) for n in (FEW, MANY))
            for call in ("openclose", "stat"):
                work = [call, "1500", str(self.file)]
                sides = [self.under_gosup(p, *work, shown=f"{kind}-{n}.json")
                         for p, n in ((many, MANY), (few, FEW))]
                got = self.rounds_of(sides, max(5, self.rounds // 4))
                yield self.row("g", f"{call}, {MANY:,} {kind} rules", *sides,
                               [m["median"] / f["median"] for m, f in got],
                               target=1.2)
        check = self.started(1, [self.gosup, "check", self.rules("deny", MANY)],
                             f"gosup check deny-{MANY}.json")
        got = self.rounds_of([check], max(5, self.rounds // 10))
        yield self.row("g", f"reading {MANY:,} rules", check, None,
                       [c["median"] / 1e9 for c, in got], unit="s", target=1.0)

    def group_h(self):
        """Many threads at once, to one: as much work in no more time."""
        for call in ("openclose", "stat"):
            one, many = (
                self.under_gosup(self.mediating(), call, "6400", str(self.file),
                                 *more, shown="mediating.json")
                for more in ([], [str(THREADS)]))
            many.shown += f" in {THREADS} threads"
            got = self.rounds_of([many, one])
            yield self.row("h", f"{call}, {THREADS} threads", many, one,
                           [m["mean"] / o["mean"] for m, o in got], target=1.0)

    def allow_list(self):
        """What Landlock enforces: nothing is notified."""
        return self.policy("allow", default="deny", files=[
            {"path": "/", "allow": "read exec"},
            {"path": "/dev", "allow": "read write exec"},
            {"path": str(self.scratch), "allow": "read write exec"}])

    def group_i(self):
        """A policy that only allows, to none."""
        for call in ("openclose", "stat"):
            work = [call, "20000", str(self.file)]
            gosup = self.under_gosup(self.allow_list(), *work, shown="allow.json")
            native = self.native(*work)
            least = self.under_bare("landlock", *work)
            least.argv = ["env", "-C", str(self.scratch), *least.argv]
            got = self.rounds_of([gosup, native, least])
            yield self.row("i", f"{call}, allow-list, median", gosup, native,
                           [g["median"] / n["median"] for g, n, _ in got],
                           target=1.08)
            yield self.row("i", f"{call}, Landlock alone, median", least, native,
                           [l["median"] / n["median"] for _, n, l in got])

    def module(self):
        """Commands that build a module, from nothing and again when all is done:
        one that comes with Go itself, with its dependencies (-trimpath: not those
        compiled already)."""
        go = shutil.which("go", path="/usr/lib/go/bin:" + os.environ["PATH"])
        if not go:
            raise self.cannot("no Go toolchain")
        env = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=vendor", "GOPROXY": "off",
               "GOTOOLCHAIN": "local", "HOME": str(self.scratch),
               "TMPDIR": str(self.scratch)}
        root = subprocess.run([go, "env", "GOROOT"], capture_output=True,
                              text=True, check=True,
                              env=os.environ | env).stdout.strip()

        def script(name, before):
            path = self.scratch / name
            path.write_text(
                "#!/bin/sh -e\n"
                + "".join(f"export {k}={v}\n" for k, v in env.items())
                + f"export GOCACHE={self.scratch}/cache-{name}\n"
                f"unset GOROOT GO111MODULE\n{before}\n"
                f"cd $(readlink -f {root}/src/cmd)\n"
                f"exec {go} build -trimpath -o {self.scratch}/{name}-out cmd/gofmt\n")
            path.chmod(0o755)
            return str(path)
        again = script("again", "")
        subprocess.run([again], check=True)
        return {"from nothing": (script("anew", "rm -rf $GOCACHE"), 1),
                "nothing to do": (again, 5)}

    def group_j(self):
        """go build, start to end."""
        for what, (build, count) in self.module().items():
            ways = {
                "native": [build],
                "mediating": [self.gosup, "run", "-p", self.mediating(), build],
                "allow-list": [self.gosup, "run", "-p", self.allow_list(), build],
            }
            for name, options in self.PEERS.items():
                path = shutil.which(name)
                if not path:
                    self.note(f"{name} is not installed")
                elif name != "bwrap":
                    ways[name] = [path, *options, build]
            yield from self.builds(what, ways, count)

    def builds(self, what, ways, count):
        sides = {name: self.started(count, argv, f"{name}: go build cmd/gofmt")
                 for name, argv in ways.items()}
        few = 2 if self.args.quick else 3
        rounds = self.rounds_of(list(sides.values()),
                                few if count == 1 else max(few, self.rounds // 6))
        times, cpus = ({name: [r[i][key] for r in rounds]
                        for i, name in enumerate(sides)}
                       for key in ("median", "cpu"))
        # Nothing but looking at files is no build: there is no target for that.
        targets = {"mediating": 1.8, "allow-list": 1.08} if count == 1 else {}
        for name in ("mediating", "allow-list"):
            yield self.compare(what, times, sides, name, "native", targets.get(name))
            yield self.compare(what + ", processor time", cpus, sides, name,
                               "native", None)
        for name in self.PEERS:
            if name in sides:
                yield self.compare(what, times, sides, "mediating", name, 1.0)

    def compare(self, what, times, sides, name, against, target):
        return self.row("j", f"go build, {what}: {name}, to {against}", sides[name],
                        sides[against],
                        [a / b for a, b in zip(times[name], times[against])],
                        target=target)

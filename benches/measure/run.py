"""Runs programs in turn and says what they took."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass

MIB = 1 << 20


@dataclass
class Taken:
    """What one process took, its own children included."""

    wall: float
    cpu: float
    peak: int


class Runs:
    """Runs of several programs, one of each in every round."""

    def __init__(self, programs, rounds, before=lambda name: None):
        self.taken = {name: [] for name in programs}
        for _ in range(rounds):
            for name, command in programs.items():
                before(name)
                self.taken[name].append(once(command))

    def median(self, name, what="wall"):
        return statistics.median(getattr(taken, what) for taken in self.taken[name])

    def least(self, name):
        """The least wall time: what others do only adds."""
        return min(taken.wall for taken in self.taken[name])

    def ratio(self, name, unit, what="wall"):
        """The median over the rounds of what `name` took for each that `unit` took."""
        return statistics.median(
            getattr(one, what) / getattr(other, what)
            for one, other in zip(self.taken[name], self.taken[unit])
        )

    def peak(self, name):
        return max(taken.peak for taken in self.taken[name])


def once(command):
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    begun = time.perf_counter()
    process = subprocess.Popen(command, **quiet)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {said.decode(errors='replace')}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def output(command, **how):
    """What a program prints, both streams."""
    merged = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "check": True}
    return subprocess.run(command, **merged, **how).stdout

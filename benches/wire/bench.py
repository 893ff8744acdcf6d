"""What every section needs: the programs, the two namespaces, and one measurement."""

import os
import shutil
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from net import Net
from place import ROOT, built
from receivers import EmptyLoop
from traffic import Sent, Traffic

HERE = Path(__file__).resolve().parent
NEEDED = {"ip": "iproute2", "taskset": "util-linux", "sysctl": "procps", "cc": "gcc"}


@dataclass
class Measured:
    """What a receiver made of the frames that were sent."""

    sent: Sent
    frames: int
    dropped: int | None
    cpu: float

    @property
    def lost(self):
        return self.sent.frames - self.frames

    @property
    def nanos(self):
        """Processor time a frame that it took."""
        return self.cpu / max(self.frames, 1) * 1e9


class Bench:
    def __init__(self, quick, under, binary=None):
        check()
        self.quick, self.under = quick, under
        self.rounds = 1 if quick else 3
        self.sekisho = str(Path(binary).resolve()) if binary else built("--release", "--bin", "sekisho")
        self.folder = Path(tempfile.mkdtemp(prefix="sekisho-wire-"))
        self.net = Net()
        self.lossless = {}

    def __enter__(self):
        try:
            self.built = {name: self.compile(name, *libraries) for name, *libraries in (("inject",), ("send",), ("emptyloop", "-lpcap"))}
            self.net.__enter__()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        self.net.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def compile(self, name, *libraries):
        program = str(self.folder / name)
        command = ["cc", "-O2", "-o", program, str(HERE / f"{name}.c"), *libraries]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{done.stderr}cannot compile {name}.c: apt-get install gcc libc6-dev linux-libc-dev libpcap-dev")
        return program

    def measure(self, start, length, rate, seconds):
        """Starts a receiver, sends, ends it. Its start and its end are not in its processor time."""
        receiver = start(self)
        receiver.settle()
        before = receiver.cpu()
        sent = Traffic(self, length, rate, seconds).end()
        receiver.settle()
        cpu = receiver.cpu() - before
        frames, dropped = receiver.end()
        if receiver.exact and frames + dropped != sent.frames:
            raise SystemExit(f"{type(receiver).__name__}: {sent.frames:,} frames sent, but {frames:,} taken and {dropped:,} dropped")
        return Measured(sent, frames, dropped, cpu)

    def most_without_loss(self, length):
        """The highest rate that the empty loop takes without loss: all that the generator gives, or
        less, until nothing is lost in three tries."""
        if length not in self.lossless:
            seconds = 2 if self.quick else 5
            asked = 0
            while True:
                tries = [self.measure(EmptyLoop, length, asked, seconds) for _ in range(3)]
                rate = statistics.median(measured.sent.rate for measured in tries)
                if all(measured.lost == 0 for measured in tries):
                    break
                # What a lossy receiver is offered is more than it can take: full rings cost nothing.
                asked = 0.95 * (asked or min(measured.frames / measured.sent.seconds for measured in tries))
            self.lossless[length] = rate
            print(f"# {length} bytes: {rate / 1e6:.2f} million a second without loss", flush=True)
        return self.lossless[length]


def check():
    if os.geteuid() != 0:
        raise SystemExit("needs root: namespaces, packet sockets and BPF_PROG_TEST_RUN")
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("needs two processors: one sends, the other receives")
    missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
    if missing:
        raise SystemExit(f"apt-get install {' '.join(missing)}")

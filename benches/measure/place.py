"""Where things are: the repository, the programs built from it, traces that come and go."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/performance.md"
FIGURES = ROOT / "docs/figures"
# Everything is kept at once, so that no table of the default size decides.
CONFIG = "[flow]\nmax_flows = 40_000_000\n"


class Place:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sekisho = built("--release", "--bin", "sekisho")
        self.traces = built("--profile", "bench", "--bench", "traces")
        self.noop = str(self.folder / "pcapnoop")
        source = ROOT / "benches/peers/pcapnoop.c"
        subprocess.run(["cc", "-O2", "-o", self.noop, source, "-lpcap"], check=True)
        self.config = self.folder / "measure.toml"
        self.config.write_text(CONFIG)
        self.memory = Path("/dev/shm") / f"sekisho-measure-{os.getpid()}"
        self.memory.mkdir()

    def close(self):
        shutil.rmtree(self.memory, ignore_errors=True)

    @contextmanager
    def trace(self, kind, *values):
        """A trace in the page cache, for as long as it is needed."""
        path = self.folder / f"{kind}.pcap"
        try:
            self.make(kind, path, *values)
            yield str(path)
        finally:
            path.unlink(missing_ok=True)

    def make(self, kind, path, *values):
        subprocess.run([self.traces, kind, path, *map(str, values)], check=True)
        # What is written out later would be in the way of what is measured.
        os.sync()

    def ours(self, trace, lanes, out=None):
        results = ["--format", "null"] if out is None else ["-o", str(out)]
        usual = ["--lanes", str(lanes), "--progress", "never", "-c", str(self.config)]
        return [self.sekisho, "replay", trace, *results, *usual]


def built(*what):
    """Builds one program and says where it is."""
    command = ["cargo", "build", "--locked", "--message-format=json", *what]
    made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for line in made.stdout.splitlines():
        message = json.loads(line)
        name = message.get("target", {}).get("name")
        if message.get("executable") and name == what[-1]:
            return message["executable"]
    raise SystemExit(f"cargo built no {what[-1]}")


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory:.0f} GiB, Linux {os.uname().release.split('-')[0]}; commit {commit}"

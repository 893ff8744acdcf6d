"""What receives: each says how it is started, when it is ready, and what it took."""

import json
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from net import BACK

# The same for everyone who can be told: sekisho's defaults.
RING_MIB, SNAPLEN = 64, 512
LONG = 60


class Receiver:
    """A program on the back processor, from when it captures until it has said what it took."""

    ready = None
    # Whether all that was sent must be taken or said to be dropped: tcpdump, for one, leaves its last block.
    exact = False

    def __init__(self, bench, command):
        self.bench = bench
        self.out = bench.folder / "receiver.out"
        self.lines = []
        self.heard = threading.Condition()
        with self.out.open("w") as out:
            how = {"stdout": out, "stderr": subprocess.PIPE, "text": True, "cwd": bench.folder}
            self.process = bench.net.start(bench.net.far, BACK, command, **how)
        threading.Thread(target=self.listen, daemon=True).start()
        if self.ready is None:
            time.sleep(2)
        else:
            self.wait_for(self.ready)

    def listen(self):
        for line in self.process.stderr:
            with self.heard:
                self.lines.append((time.monotonic(), line))
                self.heard.notify_all()

    def wait_for(self, words, after=0):
        """The first line with these words, of those after so many, and when it came."""
        until = time.monotonic() + LONG
        with self.heard:
            while True:
                for at, line in self.lines[after:]:
                    if words in line:
                        return at, line
                if not self.heard.wait(min(1, until - time.monotonic())) and time.monotonic() >= until:
                    break
                if self.process.poll() is not None and not self.heard.wait(1):
                    break
        raise SystemExit(f"never said `{words}`: {' '.join(self.process.args)}\n{self.said()}")

    def said(self):
        return "".join(line for _, line in self.lines)

    def cpu(self):
        """Seconds of processor time of all its threads so far (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def switches(self):
        """How often a thread of it has gone to sleep so far."""
        total = 0
        for status in Path(f"/proc/{self.process.pid}/task").glob("*/status"):
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M)[1])
        return total

    def resident(self):
        """Bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024

    def settle(self):
        """Waits until it has read what the kernel took: longer than its latency, and while it works."""
        time.sleep(0.2)
        until, before = time.monotonic() + LONG, self.cpu()
        while time.monotonic() < until:
            time.sleep(0.2)
            now = self.cpu()
            if now - before < 0.01:
                return
            before = now

    def end(self):
        """Frames taken, and frames that it knows to be dropped (None: it does not say)."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(LONG)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"does not end: {' '.join(self.process.args)}") from None
        self.bench.net.running.remove(self.process)
        return self.took()

    def took(self):
        raise NotImplementedError


class EmptyLoop(Receiver):
    ready = "capturing"
    exact = True

    def __init__(self, bench, how="poll"):
        super().__init__(bench, [bench.built["emptyloop"], how, "vb", str(RING_MIB), str(SNAPLEN)])

    def took(self):
        return tuple(map(int, re.match(r"(\d+) frames, (\d+) dropped", self.out.read_text()).groups()))


class Sekisho(Receiver):
    ready = "capturing: vb"
    exact = True

    def __init__(self, bench, lanes, *more, written=None):
        self.summary = bench.folder / "summary.json"
        self.summary.unlink(missing_ok=True)
        results = ["--format", "null"] if written is None else ["-o", str(written)]
        command = [bench.sekisho, "capture", "-i", "vb", "--lanes", str(lanes), *results, *more]
        super().__init__(bench, [*command, "--summary", str(self.summary)])

    def took(self):
        if self.process.returncode != 0:
            raise SystemExit(f"sekisho ended with {self.process.returncode}: {self.said()}")
        summary = json.loads(self.summary.read_text())
        if not summary["balanced"]:
            raise SystemExit(f"the books do not balance: {self.said()}")
        return summary["frames"]["packets"], summary["kernel_dropped"]


class Tcpdump(Receiver):
    ready = "listening on"

    def __init__(self, bench):
        super().__init__(bench, ["tcpdump", "-i", "vb", "-B", str(RING_MIB << 10), "-s", str(SNAPLEN), "-w", "/dev/null"])

    def took(self):
        time.sleep(0.2)
        captured = re.search(r"(\d+) packets captured", self.said())
        dropped = re.search(r"(\d+) packets dropped by kernel", self.said())
        return int(captured[1]), int(dropped[1])


class Nfpcapd(Receiver):
    """Counts what is in the flows that it wrote."""

    def __init__(self, bench):
        self.flows = bench.folder / "nfpcapd"
        shutil.rmtree(self.flows, ignore_errors=True)
        self.flows.mkdir()
        super().__init__(bench, ["nfpcapd", "-i", "vb", "-b", str(RING_MIB), "-B", "1000000", "-w", str(self.flows)])

    def took(self):
        said = subprocess.run(["nfdump", "-R", self.flows, "-I"], capture_output=True, text=True, check=True).stdout
        return int(re.search(r"^Packets: (\d+)", said, re.M)[1]), None


class Softflowd(Receiver):
    """Says what it took while it runs."""

    def __init__(self, bench):
        self.control = str(bench.folder / "softflowd.ctl")
        room = ["-B", str(RING_MIB << 20), "-C", str(SNAPLEN), "-m", "200000"]
        place = ["-c", self.control, "-p", str(bench.folder / "softflowd.pid"), "-n", "127.0.0.1:9"]
        super().__init__(bench, ["softflowd", "-d", "-i", "vb", "-v", "9", *room, *place])

    def end(self):
        said = subprocess.run(["softflowctl", "-c", self.control, "statistics"], capture_output=True, text=True, check=True).stdout
        self.processed = int(re.search(r"Packets processed: (\d+)", said)[1])
        return super().end()

    def took(self):
        return self.processed, None


PEERS = {"tcpdump": (Tcpdump, ["tcpdump"]), "nfpcapd": (Nfpcapd, ["nfpcapd", "nfdump"]), "softflowd": (Softflowd, ["softflowd", "softflowctl"])}


def peers():
    """Those that are installed, and the names of those that are not."""
    there = {name: start for name, (start, programs) in PEERS.items() if all(map(shutil.which, programs))}
    return there, [name for name in PEERS if name not in there]

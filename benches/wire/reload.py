"""How soon another table serves, and whether a frame is lost to it."""

import re
import signal
import statistics
import time

from page import table
from receivers import Sekisho
from traffic import Traffic

RELOADS = 20
PAUSE = 0.4


def reload(bench):
    reloads = 5 if bench.quick else RELOADS
    rate = 0.5 * bench.most_without_loss(64)
    rows = []
    for lanes in (1, 2):
        listed = bench.folder / "domestic.txt"
        listed.write_text("192.0.2.0/32\n")
        receiver = Sekisho(bench, lanes, "--domestic-list", str(listed), written=bench.folder / "flows.jsonl")
        # Longer than all reloads; it is ended after the last.
        traffic = Traffic(bench, 64, rate, 60 + reloads)
        time.sleep(1)
        waited, own = [], []
        for nth in range(1, reloads + 1):
            listed.write_text(f"192.0.2.{nth}/32\n")
            seen = len(receiver.lines)
            asked = time.monotonic()
            receiver.process.send_signal(signal.SIGHUP)
            at, line = receiver.wait_for("reloaded: ", seen)
            waited.append((at - asked) * 1e3)
            own.append(int(re.search(r"serves, (\d+) ms", line)[1]))
            time.sleep(PAUSE)
        traffic.process.terminate()
        sent = traffic.end()
        receiver.settle()
        frames, dropped = receiver.end()
        if frames + dropped != sent.frames:
            raise SystemExit(f"{sent.frames:,} frames sent, but {frames:,} taken and {dropped:,} dropped")
        waited.sort()
        rows.append([str(lanes), f"{sent.rate / 1e6:.2f}", str(reloads), f"{statistics.median(waited):.0f}", f"**{waited[-1]:.0f}**", f"{statistics.median(own):.0f}", f"{sent.frames:,}", f"{sent.frames - frames:,}"])
    head = ["lanes", "million a second", "reloads", "ms, median", "ms, longest", "ms by its own clock, median", "frames sent", "lost"]
    return {"reload": table(head, rows)}, {}

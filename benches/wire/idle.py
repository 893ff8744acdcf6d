"""What a sensor costs while little or nothing comes."""

import functools
import statistics
import time

from page import table
from receivers import EmptyLoop, Sekisho

UNIT = "libpcap, blocking"
RATES = (10_000, 200_000)


def idle(bench):
    seconds = 5 if bench.quick else 10
    receivers = {
        UNIT: functools.partial(EmptyLoop, how="block"),
        "libpcap, not blocking, poll": EmptyLoop,
        "sekisho, 1 lane": functools.partial(Sekisho, lanes=1),
        "sekisho, 2 lanes": functools.partial(Sekisho, lanes=2),
    }
    rows = []
    for rate in RATES:
        taken = {name: [] for name in receivers}
        for _ in range(bench.rounds):
            for name, start in receivers.items():
                taken[name].append(bench.measure(start, 64, rate, seconds))
        for name, measured in taken.items():
            share = statistics.median(one.cpu / one.sent.seconds for one in measured)
            ratio = statistics.median(one.cpu / other.cpu for one, other in zip(measured, taken[UNIT]))
            nanos = statistics.median(one.nanos for one in measured)
            lost = sum(one.lost for one in measured)
            rows.append([f"{rate:,}", name, f"{share:.2%}", f"{nanos:.0f}", f"**{ratio:.2f}**", f"{lost:,}"])
    head = ["packets a second", "receiver", "of one processor", "ns a packet", "times the blocking loop's", "lost"]
    quiet = []
    for name, start in receivers.items():
        receiver = start(bench)
        receiver.settle()
        begun, switches, cpu = time.monotonic(), receiver.switches(), receiver.cpu()
        time.sleep(seconds)
        wall = time.monotonic() - begun
        quiet.append([name, f"{(receiver.switches() - switches) / wall:.0f}", f"{(receiver.cpu() - cpu) / wall:.3%}"])
        receiver.end()
    return {"idle": table(head, rows), "quiet": table(["on a silent wire", "wake-ups a second", "of one processor"], quiet)}, {}

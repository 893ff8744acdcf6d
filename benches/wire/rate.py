"""Loss and processor time at the highest rates."""

import statistics

from page import table
from receivers import EmptyLoop, Sekisho, peers

UNIT = "empty loop"
# Records end while frames come, so that there is something to write.
ENDING = ["--idle", "2", "--active", "5"]


def ours(lanes, written):
    def start(bench):
        return Sekisho(bench, lanes, *ENDING, written=bench.folder / "flows.jsonl" if written else None)

    return start


def rate(bench):
    seconds = 5 if bench.quick else 20
    others, missing = peers()
    own = {
        UNIT: EmptyLoop,
        "sekisho, 1 lane, JSONL": ours(1, True),
        "sekisho, 2 lanes, JSONL": ours(2, True),
        "sekisho, 1 lane, null": ours(1, False),
        "sekisho, 2 lanes, null": ours(2, False),
    }
    rows = []
    for length, share, receivers in ((64, 0.95, own | others), (64, 1.0, own), (1518, 0.95, own)):
        most = bench.most_without_loss(length)
        # At the full rate nobody is told to wait.
        asked = share * most if share < 1 else 0
        taken = {name: [] for name in receivers}
        for _ in range(bench.rounds):
            for name, start in receivers.items():
                taken[name].append(bench.measure(start, length, asked, seconds))
        for name, measured in taken.items():
            rows.append([f"{length} B, {share:.2f}", name, *figures(measured, taken[UNIT])])
        rows += [[f"{length} B, {share:.2f}", name, "not installed", *[""] * 4] for name in missing if receivers is not own]
    head = ["frames, share of the highest rate", "receiver", "million a second", "lost, each run", "share lost", "ns a packet", "times the empty loop's"]
    said = ", ".join(f"{most / 1e6:.2f} million a second of {length} B" for length, most in bench.lossless.items())
    return {"rate": f"Highest rate without loss: {said}. Each run takes {seconds} s.\n\n" + table(head, rows)}, {}


def figures(measured, unit):
    offered = statistics.median(one.sent.rate for one in measured) / 1e6
    lost = [one.lost for one in measured]
    share = sum(lost) / sum(one.sent.frames for one in measured)
    nanos = statistics.median(one.nanos for one in measured)
    ratio = statistics.median(one.nanos / other.nanos for one, other in zip(measured, unit))
    return [f"{offered:.2f}", ", ".join(f"{one:,}" for one in lost), f"{share:.2%}" if any(lost) else "0", f"{nanos:.0f}", f"**{ratio:.2f}**"]

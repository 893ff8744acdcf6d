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
    others, missing = peers()
    own = {
        UNIT: EmptyLoop,
        "sekisho, 1 lane, JSONL": ours(1, True),
        "sekisho, 2 lanes, JSONL": ours(2, True),
        "sekisho, 1 lane, null": ours(1, False),
        "sekisho, 2 lanes, null": ours(2, False),
    }
    rows = []
    for length, share, seconds, more in ((64, 0.95, 20, others), (64, 1.0, 10, {}), (1518, 0.95, 10, {})):
        most = bench.most_without_loss(length)
        # At the full rate nobody is told to wait.
        asked = share * most if share < 1 else 0
        taken = {name: [] for name in own | more}
        for nth in range(bench.rounds):
            # Others once: with what they lose and take, more runs would say no more.
            for name, start in (own if nth else own | more).items():
                taken[name].append(bench.measure(start, length, asked, 5 if bench.quick else seconds))
        frames = f"{length} B, {share:.2f}"
        for name, measured in taken.items():
            rows.append([frames, name, *figures(measured, taken[UNIT])])
        rows += [[frames, name, "not installed", *[""] * 4] for name in missing if more]
    head = ["frames, share of the highest rate", "receiver", "million a second", "lost, each run", "share lost", "ns a packet", "times the empty loop's"]
    said = ", ".join(f"{most / 1e6:.2f} million a second of {length} B" for length, most in bench.lossless.items())
    return {"rate": f"Highest rate without loss: {said}.\n\n" + table(head, rows)}, {}


def figures(measured, unit):
    offered = statistics.median(one.sent.rate for one in measured) / 1e6
    lost = [one.lost for one in measured]
    share = sum(lost) / sum(one.sent.frames for one in measured)
    nanos = statistics.median(one.nanos for one in measured)
    ratio = statistics.median(one.nanos / other.nanos for one, other in zip(measured, unit))
    return [f"{offered:.2f}", ", ".join(f"{one:,}" for one in lost), f"{share:.2%}" if any(lost) else "0", f"{nanos:.0f}", f"**{ratio:.2f}**"]

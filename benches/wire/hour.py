"""A long run: loss, and memory every minute."""

import time

from chart import panels
from page import table
from receivers import Sekisho
from run import MIB
from traffic import Traffic

MINUTE = 60
# Afterwards flows come and go at the same pace, and two boundaries have passed, at which every record ends.
WARM = 11


def hour(bench, seconds, rate=None):
    rate = rate or 0.5 * bench.most_without_loss(64)
    files = bench.folder / "flows"
    files.mkdir()
    receiver = Sekisho(bench, 1, written=f"{files}/")
    receiver.settle()
    before, begun = receiver.cpu(), time.monotonic()
    traffic = Traffic(bench, 64, rate, seconds, turning=True)
    resident = [receiver.resident()]
    written = 0
    while traffic.goes_on():
        # Every minute from the start, whatever a sample takes; the last is less than a minute before the end.
        time.sleep(max(0, min(begun + len(resident) * MINUTE, begun + seconds) - time.monotonic()))
        if time.monotonic() >= begun + len(resident) * MINUTE:
            resident.append(receiver.resident())
            print(f"# minute {len(resident) - 1}: {resident[-1] / MIB:.0f} MiB", flush=True)
        elif time.monotonic() >= begun + seconds:
            time.sleep(0.2)
        written += clear(files)
    sent = traffic.end()
    receiver.settle()
    cpu = receiver.cpu() - before
    frames, dropped = receiver.end()
    written += clear(files)
    if frames + dropped != sent.frames:
        raise SystemExit(f"{sent.frames:,} frames sent, but {frames:,} taken and {dropped:,} dropped")
    mib = [bytes / MIB for bytes in resident]
    first = min(WARM, len(mib) - 1)
    warm = mib[first:]
    facts = [
        ["seconds", f"{sent.seconds:,.0f}"],
        ["million packets a second", f"{sent.rate / 1e6:.2f}"],
        ["packets sent", f"{sent.frames:,}"],
        ["lost", f"**{sent.frames - frames:,}**"],
        ["ns a packet", f"{cpu / frames * 1e9:.0f}"],
        ["written, MiB", f"{written / MIB:,.0f}"],
        [f"resident from minute {first} on, MiB", f"{warm[0]:.0f} at first, {min(warm):.0f} to {max(warm):.0f}, {warm[-1]:.0f} in the end"],
    ]
    minutes = [[str(minute), f"{one:.0f}"] for minute, one in enumerate(mib)]
    step = max(1, len(mib) // 12)
    ticks = [str(minute) if minute % step == 0 else "" for minute in range(len(mib))]
    drawn = panels("Resident memory of a long run, MiB", ["1 lane"], [("minutes", ticks, [mib])], unit=None)
    texts = [table(["", "a long run"], facts), folded("Every minute", table(["minute", "resident, MiB"], minutes))]
    return {"hour": "\n\n".join(texts)}, {"resident.svg": drawn}


def clear(files):
    """Removes files that are complete: an hour of records is gigabytes. Their bytes."""
    gone = 0
    for file in files.iterdir():
        if not file.name.endswith(".tmp"):
            gone += file.stat().st_size
            file.unlink()
    return gone


def folded(title, text):
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"

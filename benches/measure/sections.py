"""What is measured: each section gives tables by the name of their place, and charts by file name."""

import re
import shutil
import socket
import subprocess

from chart import bars, panels
from page import count, table
from place import ROOT
from run import MIB, Runs, once, output

UNIT = "libpcap, empty loop"
# A mix, its packets; a million flows are drawn from.
MIXES = [("imix", 5_680_000), ("min64", 10_000_000), ("hdr96", 20_000_000)]
ALLOWED = (160, 40 * MIB)


def whole(place, quick):
    """Whole runs on the three mixes, and what they say of more lanes."""
    rows, drawn, tables = [], [], {}
    for mix, packets in MIXES:
        packets //= 10 if quick else 1
        with place.trace(mix, packets, 1_000_000) as trace:
            flows = place.memory / "flows.jsonl"
            programs = {
                UNIT: [place.noop, trace],
                "2 lanes": place.ours(trace, 2),
                "1 lane": place.ours(trace, 1),
                "2 lanes, JSONL": place.ours(trace, 2, flows),
            }
            runs = Runs(programs, 3 if quick else 7)
        flows.unlink(missing_ok=True)
        unit = runs.median(UNIT) / packets * 1e9
        two, one = runs.ratio("2 lanes", UNIT), runs.ratio("1 lane", UNIT)
        cpu, out = runs.ratio("1 lane", UNIT, "cpu"), runs.ratio("2 lanes, JSONL", UNIT)
        ratios = [f"**{two:.2f}**", *(f"{ratio:.2f}" for ratio in (one, cpu, out))]
        rows.append([mix, f"{packets:,}", f"{unit:.0f} ns", *ratios])
        drawn += [(f"{mix}: 2 lanes", two, 1), (f"{mix}: 1 lane", one, 0), (f"{mix}: 2 lanes, JSONL out", out, 2)]
        if mix == "imix":
            tables["scaling"] = projection(runs)
    head = ["trace", "packets", "empty loop, a packet", "2 lanes", "1 lane", "1 lane, CPU time", "2 lanes, JSONL to memory"]
    tables["whole"] = table(head, rows)
    return tables, {"whole.svg": bars("Whole runs, in units of libpcap's empty loop on the same file", drawn)}


def projection(runs):
    """Amdahl's law through the least times of one lane and of two."""
    unit, one, two = runs.least(UNIT), runs.least("1 lane"), runs.least("2 lanes")
    if two >= one:
        return "Two lanes were not faster than one: the machine was busy, and nothing can be projected."
    parallel = min(one, 2 * (one - two))
    serial = one - parallel
    took = {1: one, 2: two} | {lanes: serial + parallel / lanes for lanes in (4, 8, 16)}
    rows = [
        ["measured" if lanes <= 2 else "projected", str(lanes), f"{one / wall:.1f}", f"{wall / unit:.2f}"]
        for lanes, wall in took.items()
    ]
    said = f"Serial part by the first two: {serial / one:.0%} of the time of one lane."
    return table(["", "lanes", "times as fast as one", "units"], rows) + "\n\n" + said


def growth(place, quick):
    """Time a packet, and memory, by live flows, exclusion and depth."""
    packets = 2_000_000 if quick else 20_000_000
    live = [10**4, 10**5, 10**6] + ([] if quick else [10**7])
    few = packets // 4
    points = [("live flows", count(flows), packets, flows, "abroad", 0) for flows in live]
    points += [("excluded", "0 %", few, 10**5, "abroad", 0), ("excluded", "100 %", few, 10**5, "home", 0)]
    points += [("tunnels", str(depth), few, 10**5, "abroad", depth) for depth in range(5)]
    rows, memory, lines, first = [], [], {}, {}
    for what, label, packets, flows, whose, depth in points:
        with place.trace("steady", packets, flows, 1, whose, depth) as trace:
            programs = {UNIT: [place.noop, trace], "1 lane": place.ours(trace, 1), "2 lanes": place.ours(trace, 2)}
            runs = Runs(programs, 3 if quick or what == "live flows" else 5)
        each = [f"{runs.median(name) / packets * 1e9:.0f}" for name in programs]
        units = [runs.ratio("1 lane", UNIT), runs.ratio("2 lanes", UNIT)]
        # The first of a kind is what the others are compared with.
        times = [f"{unit / least:.1f}" for unit, least in zip(units, first.setdefault(what, units))]
        cpu = f"{runs.ratio('1 lane', UNIT, 'cpu'):.2f}"
        rows.append([f"{label} {what}", *each, *(f"{unit:.2f}" for unit in units), cpu, *times])
        labels, series = lines.setdefault(what, ([], [[], []]))
        labels.append(label)
        for line, unit in zip(series, units):
            line.append(unit)
        if what == "live flows":
            memory.append([label, *peaks(runs, flows)])
    head = ["", "empty loop, ns", "1 lane, ns", "2 lanes, ns", "1 lane, units", "2 lanes, units"]
    head += ["1 lane, CPU, units", "1 lane, times the first", "2 lanes, times the first"]
    chart = panels(
        "Whole runs, in units of libpcap's empty loop on the same file",
        ["1 lane", "2 lanes"],
        [(what, labels, line) for what, (labels, line) in lines.items()],
    )
    head_memory = ["live flows", "1 lane, MiB", "bytes a flow beyond 40 MiB", "allowed, MiB", "2 lanes, MiB"]
    return {"growth": table(head, rows), "memory": table(head_memory, memory)}, {"growth.svg": chart}


def peaks(runs, flows):
    one, two = runs.peak("1 lane"), runs.peak("2 lanes")
    each, fixed = ALLOWED
    beyond = max(0, one - fixed) / flows
    return [f"{one / MIB:,.0f}", f"{beyond:.0f}", f"{(flows * each + fixed) / MIB:,.0f}", f"{two / MIB:,.0f}"]


def memory(place, quick):
    """Memory by the length of a capture of the same flows."""
    packets = 200_000 if quick else 1_000_000
    rows = []
    # All packets within one slot of the active timeout, then a visit to each flow every 25 seconds.
    for what, step in (("no record ends", 1), ("records end every five minutes", 250)):
        for times in (1, 4, 16):
            with place.trace("steady", packets * times, 10**5, step, "abroad", 0) as trace:
                peak = [once(place.ours(trace, lanes)).peak for lanes in (1, 2)]
            rows.append([what, f"{packets * times:,}", *(f"{bytes / MIB:.0f}" for bytes in peak)])
    return {"length": table(["10⁵ flows", "packets", "1 lane, MiB", "2 lanes, MiB"], rows)}, {}


PMACCTD = """daemonize: false
pcap_savefile: {trace}
pcap_savefile_wait: false
pcap_savefile_replay: 1
geoipv2_file: {mmdb}
aggregate: src_host, dst_host, src_port, dst_port, proto, tcpflags, src_host_country, dst_host_country
plugins: print
print_output: csv
print_output_file: {out}
print_cache_entries: 131071
plugin_buffer_size: 1048576
plugin_pipe_size: 268435456
"""
# How many times as long as ours each must take.
REQUIRED = {"nfpcapd": 10, "pmacctd": 15, "softflowd": 20}


def peers(place, quick):
    """Flow programs on imix, each with its results in memory."""
    packets, flows = (200_000, 40_000) if quick else (5_680_000, 1_000_000)
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.1", 0))
    with place.trace("imix", packets, flows) as trace:
        mmdb, out = place.folder / "country.mmdb", place.memory / "peers"
        place.make("mmdb", mmdb)
        config = place.folder / "pmacctd.conf"
        config.write_text(PMACCTD.format(trace=trace, mmdb=mmdb, out=out / "pmacctd.csv"))
        collector = "127.0.0.1:%d" % sink.getsockname()[1]
        tracked = str(2 * flows)
        programs = {
            UNIT: [place.noop, trace],
            "sekisho, 2 lanes, JSONL": place.ours(trace, 2, out / "flows.jsonl"),
            "nfpcapd": ["nfpcapd", "-r", trace, "-w", str(out)],
            "softflowd": ["softflowd", "-d", "-6", "-m", tracked, "-v", "9", "-n", collector, "-r", trace],
            "pmacctd": ["pmacctd", "-f", str(config)],
        }
        missing = [name for name in REQUIRED if not shutil.which(programs[name][0])]
        programs = {name: command for name, command in programs.items() if name not in missing}

        def empty(_):
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()

        runs = Runs(programs, 3, empty)
    rows, us = [], "sekisho, 2 lanes, JSONL"
    for name in programs:
        # pmacctd sleeps for seconds before and after: its CPU time stands for its wall time.
        wall = "cpu" if name == "pmacctd" else "wall"
        took = runs.median(name, wall)
        rows.append([
            name,
            f"{took:.2f} s" + (" (CPU)" if wall == "cpu" else ""),
            f"{took / runs.median(UNIT):.1f}",
            f"{took / runs.median(us):.1f}",
            f"{runs.ratio(name, us, 'cpu'):.1f}",
            str(REQUIRED.get(name, "")),
        ])
    rows += [[name, "not installed", "", "", "", str(REQUIRED[name])] for name in missing]
    head = ["program", "wall", "units", "times ours, wall", "times ours, CPU", "required"]
    return {"peers": table(head, rows)}, {}


def packed(place, quick):
    """Compressed captures beside the program that unpacks them."""
    packets = 568_000 if quick else 2_840_000
    rows = []
    with place.trace("imix", packets, packets // 5) as trace:
        for tool, suffix, pack in (("zstd", "zst", ["-q", "-f", "-k"]), ("gzip", "gz", ["-f", "-k", "-1"])):
            subprocess.run([tool, *pack, trace], check=True)
            file = f"{trace}.{suffix}"
            unpack = f"{tool} -dc"
            programs = {unpack: [tool, "-dc", file]}
            programs |= {f"{lanes}": place.ours(file, lanes) for lanes in (1, 2)}
            runs = Runs(programs, 3 if quick else 5)
            rows.append([f"imix.{suffix}", f"`{unpack}`", f"{runs.median(unpack):.2f} s", *(f"{runs.ratio(lanes, unpack):.2f}" for lanes in "12")])
            (place.folder / f"imix.pcap.{suffix}").unlink()
    return {"packed": table(["capture", "unit", "unit, wall", "1 lane", "2 lanes"], rows)}, {}


RATIO = re.compile(r"ratio: (.*): ([\d.]+) ns, (.*) ([\d.]+) ns: ([\d.]+) times")
LEAST = {"look-up, IPv4": 40, "look-up, IPv6": 20, "flow update": 2, "decode": 3}


def parts(_place, _quick):
    """The library's own comparisons."""
    rows = []
    for bench in ("geo", "flow", "decode"):
        # No benchmark has that name: only the comparisons run.
        said = output(["cargo", "bench", "--locked", "--bench", bench, "--", "only-ratios"], cwd=ROOT)
        for what, ours, other, theirs, times in RATIO.findall(said):
            least = next(number for name, number in LEAST.items() if what.startswith(name))
            rows.append([what, f"{ours} ns", other, f"{theirs} ns", f"**{times}**", str(least)])
    return {"parts": table(["work", "ours", "beside", "takes", "times as long", "required"], rows)}, {}


def stages(_place, _quick):
    """What each stage adds."""
    said = output(["cargo", "bench", "--locked", "--bench", "stages"], cwd=ROOT)
    found = re.findall(r"^\| (\w+) \| (\w+) \| ([\d.]+) \| ([\d.]+) \|$", said, re.M)
    nanos = {(mix, stage): value for mix, stage, value, _ in found}
    rows = []
    for stage in dict.fromkeys(stage for _, stage, _, _ in found):
        allocations = max(float(value) for _, name, _, value in found if name == stage)
        rows.append([stage, *(nanos[mix, stage] for mix, _ in MIXES), f"{allocations:.5f}"])
    rows.append(["in all", *(f"{sum(float(nanos[mix, row[0]]) for row in rows):.1f}" for mix, _ in MIXES), ""])
    return {"stages": table(["stage", *(f"{mix}, ns" for mix, _ in MIXES), "allocations a packet"], rows)}, {}


ALL = {section.__name__: section for section in (whole, growth, memory, peers, packed, parts, stages)}

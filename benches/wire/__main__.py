"""Measures live capture on a wire of this machine's own, and writes docs/live-performance.md.

    python3 benches/wire                all but the hour, about half an hour
    python3 benches/wire --quick        short runs; prints, writes nothing
    python3 benches/wire rate reload
    python3 benches/wire hour           an hour at half the highest rate
    python3 benches/wire hour --seconds 600 --rate 200000

Needs root, two processors, Linux 5.18, a C compiler and libpcap's headers; tcpdump, nfdump and softflowd are
measured too where they are installed. Makes two network namespaces, named after this process, and
removes them. Other work on the machine makes figures worthless.
"""

import argparse
import datetime
import functools
import os
import shlex
import signal
import sys
from pathlib import Path

# Tables, charts and names of machines are made as by benches/measure.
sys.path.append(str(Path(__file__).resolve().parents[1] / "measure"))

from bench import Bench
from hour import hour
from idle import idle
from page import put
from place import FIGURES, ROOT, machine
from rate import rate
from reload import reload

PAGE = ROOT / "docs/live-performance.md"
USUAL = {"rate": rate, "idle": idle, "reload": reload}


def main():
    parser = argparse.ArgumentParser(prog="benches/wire", description=__doc__.split("\n")[0])
    names = [*USUAL, "hour"]
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(names)} [default: all but hour]")
    parser.add_argument("--quick", action="store_true", help="short runs, once each; writes nothing")
    parser.add_argument("--seconds", type=int, default=3600, help="length of the hour [default: 3600]")
    parser.add_argument("--rate", type=float, help="packets a second of the hour [default: half the highest without loss]")
    parser.add_argument("--binary", metavar="FILE", help="sekisho to measure [default: the release build of this tree]")
    parser.add_argument("--under", default="", metavar="COMMAND", help="runs generators under it: what keeps a shared machine quiet meanwhile")
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(names)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    sections = USUAL | {"hour": functools.partial(hour, seconds=arguments.seconds, rate=arguments.rate)}
    with Bench(arguments.quick, shlex.split(arguments.under), arguments.binary) as bench:
        for name in arguments.sections or USUAL:
            tables, charts = sections[name](bench)
            print(f"# {name}, load {os.getloadavg()[0]:.1f}\n", *tables.values(), sep="\n\n", end="\n\n", flush=True)
            if not arguments.quick:
                asked = f"python3 benches/wire {name}"
                if name == "hour":
                    asked += f" --seconds {arguments.seconds}" + (f" --rate {arguments.rate:.0f}" if arguments.rate else "")
                for place, text in tables.items():
                    put(PAGE, place, f"{text}\n\n<sub>`{asked}`, {datetime.date.today()}; {machine()}</sub>")
                for file, chart in charts.items():
                    (FIGURES / file).write_text(chart)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted: what was started has ended, the namespaces are gone")

"""Measures what docs/performance.md says, and writes its tables and charts in place.

    python3 benches/measure             everything, about a quarter of an hour
    python3 benches/measure --quick     short traces; prints, writes nothing
    python3 benches/measure growth peers

Needs a C compiler and libpcap's headers; peers that are not installed are left out. Other work on the
machine makes times worthless: ratios within one run are what counts.
"""

import argparse
import os
import sys
import time

from page import put
from place import FIGURES, PAGE, ROOT, Place, machine
from sections import ALL


def main():
    parser = argparse.ArgumentParser(prog="benches/measure", description=__doc__.split("\n")[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(ALL)} [default: all]")
    parser.add_argument("--quick", action="store_true", help="short traces, few rounds; writes nothing")
    parser.add_argument("--traces", default=ROOT / "target/measure", metavar="FOLDER", help="where traces of up to 2 GB come and go")
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(ALL)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}")
    place = Place(arguments.traces)
    tables = {}
    try:
        for name in arguments.sections or ALL:
            begun = time.monotonic()
            made, charts = ALL[name](place, arguments.quick)
            # More than the two lanes of ours, and others were at work too.
            load = os.getloadavg()[0]
            print(f"# {name}, {time.monotonic() - begun:.0f} s, load {load:.1f}\n", flush=True)
            print("\n\n".join(made.values()), end="\n\n", flush=True)
            tables |= made
            if not arguments.quick:
                FIGURES.mkdir(exist_ok=True)
                for file, chart in charts.items():
                    (FIGURES / file).write_text(chart)
    finally:
        place.close()
    if not arguments.quick:
        for name, text in tables.items():
            put(PAGE, name, text + f"\n\n<sub>{machine()}</sub>")


if __name__ == "__main__":
    sys.exit(main())

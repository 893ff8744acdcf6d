#!/usr/bin/env python3
"""Replays a folder of captures with the executors of a Spark cluster, and merges what they found.

Each task is one shard: it runs `sekisho replay --shard I/N` on the machine that it was given. Spark decides
where and when, and tries again what fails; the driver runs `sekisho merge`. Records, summary and ledger are
those of one run on one machine, byte for byte.

    spark-submit sekisho_spark.py --shards 64 --scratch /mnt/shards flows.jsonl /mnt/captures
    spark-submit sekisho_spark.py --shards 64 --scratch /mnt/shards flows.csv /mnt/captures \\
        --replay='-c /etc/sekisho/sekisho.toml' --merge='--format csv --ledger books'

Captures, the scratch folder, tables and lists must be on storage that every machine sees under the same path,
and the same `sekisho` must be installed on each (or named with --sekisho). A shard holds admitted traffic:
the scratch folder is to be protected as records are. Tested with PySpark 4.3.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", metavar="OUT", help="file for records")
    parser.add_argument("inputs", metavar="FILE", nargs="+", help="captures, and folders of them")
    parser.add_argument("--shards", type=int, required=True, help="parts to cut the captures into")
    parser.add_argument("--scratch", required=True, help="folder for shards, on shared storage")
    parser.add_argument("--sekisho", default="sekisho", help="the program [default: %(default)s]")
    parser.add_argument("--replay", type=shlex.split, default=[], help="more options of every replay")
    parser.add_argument("--merge", type=shlex.split, default=[], help="more options of the merge")
    parser.add_argument("--keep", action="store_true", help="leave the shards in the scratch folder")
    return parser.parse_args()


def replay(nth, options):
    """Makes one shard; where it is. The task of an executor."""
    from pyspark import TaskContext

    number = f"{nth}/{options.shards}"
    # Two attempts at a shard may be at work at once: each has a name of its own, and the driver hears of one.
    attempt = TaskContext.get().taskAttemptId()
    path = os.path.join(options.scratch, f"shard-{nth}-of-{options.shards}.{attempt}.sekisho")
    command = [options.sekisho, "replay", *options.inputs, "--shard", number, "-o", path]
    done = subprocess.run(
        [*command, "--lanes", "1", "--progress", "never", *options.replay],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    # 1: an input was damaged, and all that could be read was; the merge says which.
    if done.returncode not in (0, 1):
        raise RuntimeError(f"shard {number}: exit code {done.returncode}: {done.stderr.strip()}")
    return path


def main():
    options = arguments()
    from pyspark import SparkContext

    # Executors work elsewhere than the driver.
    options.inputs = [os.path.abspath(path) for path in options.inputs]
    os.makedirs(options.scratch, mode=0o700, exist_ok=True)
    # Of this run alone: what attempts that failed leave goes with it.
    options.scratch = tempfile.mkdtemp(prefix="sekisho-", dir=os.path.abspath(options.scratch))
    context = SparkContext(appName="sekisho")
    try:
        numbers = range(1, options.shards + 1)
        tasks = context.parallelize(numbers, options.shards)
        shards = tasks.map(lambda nth: replay(nth, options)).collect()
    finally:
        context.stop()
    merged = subprocess.run([options.sekisho, "merge", options.output, *shards, *options.merge])
    if merged.returncode in (0, 1) and not options.keep:
        shutil.rmtree(options.scratch)
    return merged.returncode


if __name__ == "__main__":
    sys.exit(main())

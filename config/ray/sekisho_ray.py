#!/usr/bin/env python3
"""Replays a folder of captures with the machines of a Ray cluster, and merges what they found.

Each task is one shard: it runs `sekisho replay --shard I/N` on the machine that it was given. Ray decides
where and when, and runs again what a lost machine had; the caller runs `sekisho merge`. Records, summary and
ledger are those of one run on one machine, byte for byte.

    RAY_ADDRESS=... python3 sekisho_ray.py --shards 64 --scratch /mnt/shards flows.jsonl /mnt/captures
    ray job submit -- python3 sekisho_ray.py --shards 64 --scratch /mnt/shards flows.csv /mnt/captures \\
        --replay='-c /etc/sekisho/sekisho.toml' --merge='--format csv --ledger books'

Captures, the scratch folder, tables and lists must be on storage that every machine sees under the same path,
and the same `sekisho` must be installed on each (or named with --sekisho). A shard holds admitted traffic:
the scratch folder is to be protected as records are. Tested with Ray 2.60.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import uuid


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
    parser.add_argument("--retries", type=int, default=5, help="of a shard [default: %(default)s]")
    parser.add_argument("--keep", action="store_true", help="leave the shards in the scratch folder")
    return parser.parse_args()


def replay(nth, shards, scratch, sekisho, inputs, more):
    """Makes one shard; where it is. The task of a machine."""
    number = f"{nth}/{shards}"
    # A machine that was given up may still be at work: each attempt has a name of its own.
    path = os.path.join(scratch, f"shard-{nth}-of-{shards}.{uuid.uuid4().hex}.sekisho")
    done = subprocess.run(
        [sekisho, "replay", *inputs, "--shard", number, "-o", path]
        + ["--lanes", "1", "--progress", "never", *more],
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
    import ray

    # Tasks work elsewhere than their caller.
    options.inputs = [os.path.abspath(path) for path in options.inputs]
    os.makedirs(options.scratch, mode=0o700, exist_ok=True)
    # Of this run alone: what attempts that failed leave goes with it.
    options.scratch = tempfile.mkdtemp(prefix="sekisho-", dir=os.path.abspath(options.scratch))
    if not ray.is_initialized():
        ray.init()
    task = ray.remote(num_cpus=1, max_retries=options.retries)(replay)
    of_all = (options.shards, options.scratch, options.sekisho, options.inputs, options.replay)
    shards = ray.get([task.remote(nth, *of_all) for nth in range(1, options.shards + 1)])
    merged = subprocess.run([options.sekisho, "merge", options.output, *shards, *options.merge])
    if merged.returncode in (0, 1) and not options.keep:
        shutil.rmtree(options.scratch)
    return merged.returncode


if __name__ == "__main__":
    sys.exit(main())

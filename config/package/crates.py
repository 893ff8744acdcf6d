"""What the program is built from, for the scripts beside this: read from what cargo has already fetched."""

import json
import subprocess


def read(features):
    """The packages by id, the id of ours, and of each package what it depends on: (id, is it linked in).
    What only tests need is left out. An edge to what only builds, or to a macro, is not linked in."""
    command = ["cargo", "metadata", "--locked", "--format-version=1", "--no-default-features"]
    command += ["--features=" + features, "--filter-platform=x86_64-unknown-linux-gnu"]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    edges = {}
    for node in metadata["resolve"]["nodes"]:
        edges[node["id"]] = []
        for dep in node["deps"]:
            kinds = {kind["kind"] for kind in dep["dep_kinds"]}
            if kinds != {"dev"}:
                is_linked = None in kinds and not is_macro(packages[dep["pkg"]])
                edges[node["id"]].append((dep["pkg"], is_linked))
    return packages, metadata["resolve"]["root"], edges


def reached(edges, root, only_linked):
    """The ids that are reached from ours, itself among them."""
    found, waiting = {root}, [root]
    while waiting:
        for dep, is_linked in edges[waiting.pop()]:
            if dep not in found and (is_linked or not only_linked):
                found.add(dep)
                waiting.append(dep)
    return found


def is_macro(package):
    return any("proc-macro" in target["kind"] for target in package["targets"])

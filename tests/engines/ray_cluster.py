"""A cluster of three nodes in this machine, of which one goes away while its task is at work.

Arguments: sekisho_ray.py, the file in which tasks say that they began, then those of the program.
"""

import runpy
import sys
import threading
import time

import ray
from ray.cluster_utils import Cluster

program, marks, *given = sys.argv[1:]


def begun(path):
    try:
        with open(path) as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


cluster = Cluster(
    initialize_head=True,
    head_node_args={
        "num_cpus": 0,
        "node_ip_address": "127.0.0.1",
        "include_dashboard": False,
        "object_store_memory": 80_000_000,
    },
)
nodes = [
    cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1", object_store_memory=80_000_000)
    for _ in range(2)
]
ray.init(address=cluster.address, log_to_driver=False)


def remove_one():
    while begun(marks) < 2:
        time.sleep(0.05)
    cluster.remove_node(nodes[0], allow_graceful=False)
    print("a node was removed", flush=True)


threading.Thread(target=remove_one, daemon=True).start()
sys.argv = [program, *given]
try:
    runpy.run_path(program, run_name="__main__")
finally:
    ray.shutdown()
    cluster.shutdown()

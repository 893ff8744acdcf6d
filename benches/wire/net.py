"""Two network namespaces joined by a pair of interfaces, and what runs in them."""

import os
import subprocess

# The generator's processor, and the receiver's.
FRONT, BACK = 0, 1


class Net:
    """`near` has the interface `va`, `far` has `vb`; gone at the end, with all that was started."""

    def __init__(self):
        self.near, self.far = (f"wire-{end}-{os.getpid()}" for end in ("near", "far"))
        self.running = []

    def __enter__(self):
        try:
            for namespace in (self.near, self.far):
                ip("netns", "add", namespace)
            ip("link", "add", "va", "netns", self.near, "type", "veth", "peer", "name", "vb", "netns", self.far)
            for namespace, interface in ((self.near, "va"), (self.far, "vb")):
                # The kernel's own neighbour discovery would be captured too.
                sysctl = ["sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1"]
                subprocess.run(["ip", "netns", "exec", namespace, *sysctl], check=True)
                ip("-n", namespace, "link", "set", interface, "arp", "off", "up")
                # Exporters send to an address of this machine.
                ip("-n", namespace, "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.running:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for namespace in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL, check=False)

    def start(self, namespace, processor, command, under=(), **how):
        """Starts a program in a namespace and on a processor. Its process number is the program's own."""
        place = ["ip", "netns", "exec", namespace, "taskset", "-c", str(processor)]
        process = subprocess.Popen([*under, *place, *command], stdin=subprocess.DEVNULL, **how)
        self.running.append(process)
        return process

    def ended(self, process):
        """What it printed, once it has ended by itself."""
        said, complaint = process.communicate()
        self.running.remove(process)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(process.args)}: {complaint}{said}")
        return said


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

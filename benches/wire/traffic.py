"""The generators: frames up the receiver's interface, or through a packet socket at low rates."""

import re
import subprocess
from dataclasses import dataclass

from net import FRONT

SAID = re.compile(r"(\d+) frames in ([\d.]+) s")
# Below, sending through a socket keeps up, and leaves the processor idle between frames.
LOW = 250_000


@dataclass
class Sent:
    frames: int
    seconds: float

    @property
    def rate(self):
        return self.frames / self.seconds


class Traffic:
    """Frames of so many bytes, so many a second (0: as many as go), for so long."""

    def __init__(self, bench, length, rate, seconds, turning=False):
        kind, namespace, interface = ("inject", bench.net.far, "vb")
        if 0 < rate <= LOW:
            kind, namespace, interface = ("send", bench.net.near, "va")
        command = [bench.built[kind], interface, str(length), f"{rate:.0f}", str(seconds)]
        command += ["turning"] if turning else []
        heard = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.net = bench.net
        self.process = self.net.start(namespace, FRONT, command, bench.under, **heard)

    def goes_on(self):
        return self.process.poll() is None

    def end(self):
        """Waits for the last frame."""
        frames, seconds = SAID.search(self.net.ended(self.process)).groups()
        return Sent(int(frames), float(seconds))

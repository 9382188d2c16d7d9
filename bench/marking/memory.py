"""Memory and time of large images, each in a process of its own: peak resident memory over that of an empty process."""

import json
import subprocess
import sys
from dataclasses import dataclass

SIDES = (2_000, 5_000, 10_000)

PROGRAM = """
import json, resource, sys, time
import cv2, numpy as np
from midun.lib.marking.image.detector import detect_all
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.luminance import luminance
from midun.lib.marking.image.tile import tile_of
from midun.lib.marking.keys import MarkKey
cv2.setNumThreads(1)
side = int(sys.argv[1])
key, copy = MarkKey(bytes(range(32)), 1), bytes(range(1, 9))
small = np.random.default_rng(1).integers(60, 200, (side // 20, side // 20, 3)).astype(np.uint8)
detect_all(np.full((300, 300), 255, np.uint8), key)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
image = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
begin = time.process_time()
image = embed(image, tile_of(copy, key))
marked = time.process_time()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
gray = luminance(image)
del image
found = detect_all(gray, key)
read = time.process_time()
print(json.dumps({
    "times": (memory - before) * 1024 / (side * side * 3), "embed": marked - begin, "detect": read - marked,
    "times_all": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (side * side * 3),
    "right": [one.copy_id for one in found] == [copy]}))
"""


@dataclass(frozen=True)
class Large:
    """One size: megapixels, peak memory as a multiple of the image (8-bit RGB), CPU seconds, whether it was read."""

    megapixels: float
    marking: float
    both: float
    embed: float
    detect: float
    right: bool


def large(sides: tuple[int, ...] = SIDES) -> list[Large]:
    """Mark and read images of these sides."""
    found = []
    for side in sides:
        answer = subprocess.run([sys.executable, "-c", PROGRAM, str(side)], check=True, capture_output=True, text=True)
        row = json.loads(answer.stdout)
        found.append(
            Large(side * side / 1e6, row["times"], row["times_all"], row["embed"], row["detect"], row["right"])
        )
    return found

"""An address as a QR code, drawn as one path so that it prints sharp at any size."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import segno

QUIET_ZONE: Final = 4
ERROR_CORRECTION: Final = "m"


def draw_code(address: str) -> tuple[int, str]:
    """Return the side of the square in modules, quiet zone included, and the SVG path of it."""
    matrix = segno.make(address, error=ERROR_CORRECTION, micro=False).matrix
    runs = []
    for row, modules in enumerate(matrix):
        column = QUIET_ZONE
        for dark, run in groupby(modules):  # one stroke for dark modules that touch
            length = len(list(run))
            if dark:
                runs.append(f"M{column} {row + QUIET_ZONE}.5h{length}")
            column += length
    return len(matrix) + 2 * QUIET_ZONE, "".join(runs)

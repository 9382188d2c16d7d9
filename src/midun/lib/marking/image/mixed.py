"""What else is in an image of which one id is known: copies over each other, beside each other, on another grid.

After the first id its code word is taken out of the soft symbols (orthogonal matching pursuit, Pati, Rezaiifar &
Krishnaprasad 1993) and the rest is decoded: that separates averaged copies. Then only the places that do not speak for
any known id are laid over each other: that separates a collage on one grid. Last, what is known is blanked in the
residual and the geometry is looked for anew: a collage of copies of other scales and places. Every word counts against
the same limit, so the bound on error does not change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import encode
from midun.lib.marking.code.message import pack
from midun.lib.marking.image.demodulate import pilot_score, soft_dimensions, soft_symbols
from midun.lib.marking.image.regions import SEEN, Support, support_of
from midun.lib.marking.image.trial import WORTH, Reading, Trial, attempt, correlation, exact, similarities, spectra_of

Array = npt.NDArray[np.float32]

_MOST, _FREE, _EMPTY, _SURE = 5, 0.04, 1.0, 6.0


@dataclass(frozen=True)
class _Grid:
    """All that was read under one map, with the places that speak for each."""

    trial: Trial
    first: Reading
    readings: list[Reading]
    supports: list[Support]

    @classmethod
    def of(cls, trial: Trial, first: Reading) -> "_Grid":
        grid = cls(trial, first, [], [])
        grid.take(first)
        return grid

    @property
    def ids(self) -> list[bytes]:
        return [one.copy_id for one in self.readings]

    def take(self, reading: Reading) -> None:
        self.readings.append(reading)
        self.supports.append(support_of(reading, self.trial.carrier, self.trial.key))


def all_in(trial: Trial, first: Reading) -> Iterator[tuple[Trial, Reading, Support]]:
    """The ids of the view whose first reading is `first`, each once, with its trial and its places."""
    known: set[bytes] = set()
    here: Trial | None = trial
    place: Reading | None = first
    while here is not None and place is not None and len(known) < _MOST:
        grid = _same_grid(here, place)
        for reading, support in zip(grid.readings, grid.supports, strict=True):
            if reading.copy_id not in known:
                known.add(reading.copy_id)
                yield here, reading, support
        here = _blanked(grid)
        place = None if here is None else _elsewhere(here)
        if place is not None and place.copy_id in known:
            return


def _same_grid(trial: Trial, first: Reading) -> _Grid:
    """Other ids under the same map: in the rest of the symbols, and in the places that do not speak for the known."""
    grid = _Grid.of(trial, first)
    while len(grid.ids) < _MOST:
        reading = _from(grid, _rest(grid)) or _from(grid, _unclaimed(grid))
        if reading is None or reading.copy_id in grid.ids:
            break
        grid.take(reading)
    return grid


def _from(grid: _Grid, soft: Array | None) -> Reading | None:
    copy_id = None if soft is None else grid.trial.word(soft)
    if soft is None or copy_id is None:
        return None
    return replace(grid.first, copy_id=copy_id, score=correlation(soft, copy_id, grid.trial.key))


def _rest(grid: _Grid) -> Array:
    """The soft symbols without the share of the known code words, of unit variance."""
    soft = grid.first.soft
    words = np.array([1.0 - 2.0 * encode(pack(one, grid.trial.key)) for one in grid.ids]).T
    rest = soft - words @ np.linalg.lstsq(words, soft, rcond=None)[0]
    return np.asarray(rest / (rest.std() + 1e-12), np.float32)


def _unclaimed(grid: _Grid) -> Array | None:
    """The soft symbols of the places that speak for no known id; nothing if there are few or no mark is there."""
    claimed = np.max([one.deviations for one in grid.supports], axis=0)
    free = cv2.resize((claimed < SEEN / 2).astype(np.float32), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    tiles = grid.first.tiles.plane
    plane = tiles * free.reshape(tiles.shape)
    if cv2.countNonZero(plane.reshape(free.shape)) < _FREE * cv2.countNonZero(tiles.reshape(free.shape)):
        return None
    folded = np.asarray(plane.sum((0, 2)), np.float32) * np.float32(grid.first.sign)
    carrier = grid.trial.carrier
    if pilot_score(folded, carrier) <= WORTH:
        return None
    dimensions = soft_dimensions(folded, carrier)
    grid.trial.budget.dimensions.append(dimensions[0])
    return soft_symbols(dimensions, carrier)


def _blanked(grid: _Grid) -> Trial | None:
    """The residual without the places of what is known; nothing if little is left."""
    trial = grid.trial
    plane = trial.plane.copy()
    height, width = plane.shape
    for reading, seen in zip(grid.readings, grid.supports, strict=True):
        mask = cv2.dilate((seen.deviations > SEEN).astype(np.uint8), np.ones((15, 15), np.uint8))
        view = reading.matrix @ np.array([[2, 0, seen.corner[0]], [0, 2, seen.corner[1]], [0, 0, 1.0]])
        drawn = cv2.warpPerspective(mask, view, (width, height), flags=cv2.INTER_NEAREST)
        plane[drawn > 0] = 0
    if cv2.countNonZero(plane) < 2 * _FREE * cv2.countNonZero(trial.plane):
        return None
    return Trial(plane, trial.key, trial.carrier, trial.budget, trial.mirrored)


def _elsewhere(trial: Trial) -> Reading | None:
    spectra = spectra_of(trial.plane)
    likely = [one for one in similarities(trial, spectra) if one.score > _SURE][:2]
    return next(attempt(trial, likely), None) or next(exact(trial), None)

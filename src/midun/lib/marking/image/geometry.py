"""Maps between tile plane and image as 3 × 3 homographies (Hartley & Zisserman 2004, §2.3)."""

import numpy as np
import numpy.typing as npt

from midun.lib.marking.image.tile import SIDE

Matrix = npt.NDArray[np.float64]

_FEW, _ENOUGH = 3, 7
_RIDGE = np.array([0, 0, 0.02, 0.02, 0.02, 0.02, 0.6, 0.6])
_TIGHTER = (6.0, 3.0, 1.5, 1.0, 0.8)


def apply(matrix: Matrix, points: Matrix) -> Matrix:
    """Points (n, 2) through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def translation(x: float, y: float) -> Matrix:
    """A shift."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def lifted(matrix: Matrix, x: float, y: float, lean: tuple[float, float] = (0.0, 0.0)) -> Matrix:
    """A 2 × 2 map with its origin at (x, y) of the image, as a homography that leans there by `lean` per pixel."""
    found = np.eye(3)
    found[:2, :2], found[2, :2] = matrix, matrix.T @ lean
    return translation(x, y) @ found


def extent(matrix: Matrix, shape: tuple[int, ...]) -> tuple[Matrix, Matrix] | None:
    """The corner coordinates (least, greatest) of an image in the tile plane; nothing if the map is not sane."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return None
    depth = np.c_[corners, np.ones(4)] @ inverse.T
    if not np.isfinite(depth).all() or (depth[:, 2] * depth[0, 2] <= 0).any():
        return None
    found = depth[:, :2] / depth[:, 2:]
    return found.min(0), found.max(0)


def fit(source: Matrix, shift: Matrix, weight: Matrix) -> Matrix:
    """The map that moves `source` by `shift`, (n, 2) each.

    A translation up to two points, affine up to six, then a homography whose perspective is held small by ridge
    regression (Hoerl & Kennard 1970); outliers lose their weight (iteratively reweighted least squares, Holland &
    Welsch 1977).
    """
    count = len(source)
    if count < _FEW:
        return translation(*((shift * weight[:, None]).sum(0) / weight.sum()))
    centre = (source * weight[:, None]).sum(0) / weight.sum()
    x, y = ((source - centre) / SIDE).T
    zero, one = np.zeros(count), np.ones(count)
    rows = np.r_[np.c_[one, zero, x, y, zero, zero, -x * x, -x * y], np.c_[zero, one, zero, zero, x, y, -x * y, -y * y]]
    wide, high = np.ptp(source, axis=0) >= 100  # noqa: PLR2004  # pixels; less tells no slope
    much = count >= _ENOUGH
    active = np.array([True, True, wide, high, wide, high, wide and much, high and much])
    solution = np.zeros(8)
    solution[active] = _solve(rows[:, active], shift.T.ravel(), weight, _RIDGE[active])
    return _homography(solution, centre)


def _solve(rows: Matrix, wanted: Matrix, weight: Matrix, ridge: Matrix) -> Matrix:
    count = len(weight)
    weight = np.asarray(weight / weight.max(), np.float64)
    off = np.hypot(wanted[:count] - np.median(wanted[:count]), wanted[count:] - np.median(wanted[count:]))
    trust = weight / (1 + (off / 8.0) ** 2) if count < 8 else weight  # noqa: PLR2004  # too few to vote
    solution: Matrix = np.zeros(rows.shape[1])
    for scale in _TIGHTER:
        both = np.tile(trust, 2)
        normal = rows.T @ (rows * both[:, None]) + np.diag(ridge**2 + 1e-9)
        solution = np.asarray(np.linalg.solve(normal, rows.T @ (wanted * both)), np.float64)
        error = wanted - rows @ solution
        trust = weight / (1 + (error[:count] ** 2 + error[count:] ** 2) / scale**2) ** 2
    return solution


def _homography(found: Matrix, centre: Matrix) -> Matrix:
    a, g = found / SIDE, found[6:] / SIDE
    inner = np.array([[1 + a[2], a[3], a[0]], [a[4], 1 + a[5], a[1]], [g[0], g[1], 1.0]])
    normal = np.array([[1 / SIDE, 0, -centre[0] / SIDE], [0, 1 / SIDE, -centre[1] / SIDE], [0, 0, 1.0]])
    return np.asarray(np.linalg.inv(normal) @ inner @ normal)

"""Generated pictures: ten shapes on textured backgrounds, 32 x 32 pixels in three colours.

A stand-in for a small image benchmark, of the same size, made by a few formulas:

1. **Shape** (`inside`). A signed distance in units of the shape's radius r, below zero inside (the usual formulas;
   R is the distance from the centre, u and v the coordinates after a rotation):
   disc R - 1; ring |R - 0.8| - 0.25; square max(|u|, |v|) - 0.8; frame |max(|u|, |v|) - 0.8| - 0.2; cross
   min(max(|u| - 1, |v| - 0.3), max(|v| - 1, |u| - 0.3)); bar max(|u| - 1.1, |v| - 0.3); triangle
   max(0.866 |u| + 0.5 v, -v) - 0.5; stripes and checks: the square where sin(5 u) or sin(5 u) sin(5 v) is positive;
   crescent: the disc without the disc about u = 0.6.
2. **Placing** (`pictures`). r is uniform in 7-12 pixels, the centre within 4 pixels of the middle, the angle in
   +-0.35 (so a bar lies and does not stand). An edge is one pixel wide.
3. **Colours.** The background's is uniform in 0..1; the shape's differs from it by 0.2-0.5 in each channel, towards
   the farther end. The background varies as a plane wave of amplitude 0.1, and every pixel has Gaussian noise of 0.08.

Values are moved to -1..1 and clipped there.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHAPES = ("disc", "ring", "square", "frame", "cross", "bar", "triangle", "stripes", "checks", "crescent")
SIZE = 32
BATCH = 1000
"""Pictures made at a time, each batch from a seed of its own."""


def pictures(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """`count` pictures (n, 32, 32, 3) in -1..1 and their classes; the same seed gives the same pictures."""
    made = [_batch(np.random.default_rng((seed, start))) for start in range(0, count, BATCH)]
    return np.concatenate([x for x, _ in made])[:count], np.concatenate([y for _, y in made])[:count]


def _batch(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    labels = rng.integers(len(SHAPES), size=BATCH)

    def per_picture(low: float, high: float, *shape: int) -> Array:
        return rng.uniform(low, high, (BATCH, 1, 1, *shape))

    radius, angle = per_picture(7, 12), per_picture(-0.35, 0.35)
    pixel = np.arange(SIZE) - (SIZE - 1) / 2
    x = (pixel[None, None, :] - per_picture(-4, 4)) / radius
    y = (pixel[None, :, None] - per_picture(-4, 4)) / radius
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    distance = np.empty((BATCH, SIZE, SIZE))
    for label, name in enumerate(SHAPES):
        which = labels == label
        distance[which] = inside(name, u[which], v[which])
    cover = np.clip(0.5 - distance * radius, 0, 1)[..., None]

    back = per_picture(0, 1, 3)
    colour = back + np.where(back < 0.5, 1, -1) * per_picture(0.2, 0.5, 3)
    kx, ky, phase = per_picture(-0.6, 0.6), per_picture(-0.6, 0.6), per_picture(0, 2 * np.pi)
    wave = 0.1 * np.sin(kx * pixel[None, None, :] + ky * pixel[None, :, None] + phase)
    values = cover * colour + (1 - cover) * (back + wave[..., None])
    values += 0.08 * rng.normal(size=values.shape)
    return np.clip(2 * values - 1, -1, 1).astype(np.float32), labels


def inside(name: str, u: Array, v: Array) -> Array:
    """The signed distance, negative inside, in units of the radius; about right near the edge, which is enough."""
    r, square = np.hypot(u, v), np.maximum(np.abs(u), np.abs(v)) - 0.8
    match name:
        case "disc":
            return r - 1
        case "ring":
            return np.abs(r - 0.8) - 0.25
        case "square":
            return square
        case "frame":
            return np.abs(square) - 0.2
        case "cross":
            lying = np.maximum(np.abs(u) - 1, np.abs(v) - 0.3)
            return np.minimum(lying, np.maximum(np.abs(v) - 1, np.abs(u) - 0.3))
        case "bar":
            return np.maximum(np.abs(u) - 1.1, np.abs(v) - 0.3)
        case "triangle":
            return np.maximum(0.866 * np.abs(u) + 0.5 * v, -v) - 0.5
        case "stripes":
            return np.maximum(square, -np.sin(5 * u) / 5)
        case "checks":
            return np.maximum(square, -np.sin(5 * u) * np.sin(5 * v) / 5)
        case "crescent":
            return np.maximum(r - 1, 1 - np.hypot(u - 0.6, v))
    raise ValueError(f"no shape is called {name}")

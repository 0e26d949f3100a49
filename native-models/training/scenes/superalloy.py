"""Superalloys: cuboids of gamma prime in their matrix."""
import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finished, smooth_noise, warped_grid


def bricks(rng, u, v, length, height, spread):
    """Rows of bricks -> per pixel: number of its brick, offset from the brick's middle (u, v), half its sides (u, v)."""
    rows = np.cumsum(height * np.exp(rng.normal(0, spread, int(np.ptp(v) / height * 1.6) + 4))) + v.min() - height
    row = np.searchsorted(rows, v.ravel())
    reach = np.ptp(u) + 4 * length
    columns = int(reach / length * 1.6) + 4
    edges = np.cumsum(length * np.exp(rng.normal(0, spread, (len(rows) + 1, columns))), axis=1)
    edges = np.minimum(edges + u.min() - length * rng.uniform(1, 2, (len(rows) + 1, 1)), u.min() + reach)
    key = (edges + np.arange(len(edges))[:, None] * reach * 4).ravel()
    number = np.searchsorted(key, u.ravel() + row * reach * 4).clip(1, len(key) - 1)
    flat = edges.ravel()
    low, high = flat[number - 1], flat[number]
    bottom, top = rows[np.maximum(row - 1, 0)], rows[np.minimum(row, len(rows) - 1)]
    shaped = [a.reshape(u.shape) for a in (number, u.ravel() - (low + high) / 2, v.ravel() - (bottom + top) / 2,
                                           (high - low) / 2, (top - bottom) / 2)]
    return shaped


def tiny_spheres(rng, room, spacing, radius):
    """Small discs where `room` (pixels to the nearest thing) lets them -> labels."""
    spots = np.argwhere(room > radius * 1.8)
    if len(spots) == 0:
        return np.zeros(room.shape, np.int32)
    chosen = spots[rng.integers(0, len(spots), int(len(spots) / spacing ** 2) + 1)]
    seeds = np.ones(room.shape, bool)
    seeds[tuple(chosen.T)] = False
    labels, _ = ndimage.label(ndimage.distance_transform_edt(seeds) < radius)
    return labels


def cuboids(rng, h, w):
    """Cuboids in rows along two directions, apart or grown together to rafts; some with tiny spheres in the channels."""
    size = min(h, w)
    spacing = size * np.exp(rng.uniform(np.log(0.03), np.log(0.14)))
    y, x = warped_grid(rng, (h, w), spacing * rng.uniform(0.03, 0.15), spacing * 1.5)
    turn = rng.uniform(0, np.pi / 2)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    length = spacing * (rng.uniform(1.6, 5) if rng.random() < 0.35 else rng.uniform(0.9, 1.2))
    brick, du, dv, half_u, half_v = bricks(rng, u, v, length, spacing, rng.uniform(0.05, 0.3))
    count = int(brick.max()) + 1
    channel = spacing * rng.uniform(0.04, 0.2) / 2 * np.exp(rng.normal(0, 0.3, count))[brick]
    au, av = half_u - channel, half_v - channel
    corner = np.minimum(np.minimum(au, av) * rng.uniform(0.2, 0.9), np.minimum(au, av))
    far = np.hypot(np.maximum(np.abs(du) - au + corner, 0), np.maximum(np.abs(dv) - av + corner, 0)) - corner
    far = far + smooth_noise(rng, (h, w), spacing * 0.15) * spacing * rng.uniform(0, 0.03)
    there = (rng.random(count) < rng.uniform(0.75, 1.0))[brick] & (np.minimum(au, av) > 2)
    labels = np.where((far < 0) & there, brick, 0)
    polarity = rng.choice([-1, 1])
    contrast = rng.uniform(0.12, 0.4)
    room = ndimage.distance_transform_edt(labels == 0)
    if rng.random() < 0.5:
        small = tiny_spheres(rng, room, spacing * rng.uniform(0.12, 0.3), max(2.0, spacing * rng.uniform(0.03, 0.08)))
        labels = np.where(small > 0, small + count, labels)
    tone = rng.normal(0, rng.uniform(0, 0.06), count)[brick] * (far < 0)
    image = rng.uniform(0.4, 0.6) + polarity * contrast * ((labels > 0) - 0.5) + tone
    if rng.random() < 0.5:  # etched in relief: a bright edge around each
        image = image + rng.uniform(0.1, 0.35) * np.exp(-(far / rng.uniform(1.2, 3.0)) ** 2) * there
    image = image + rng.uniform(0.01, 0.04) * smooth_noise(rng, (h, w), rng.uniform(1.5, 6))
    return Scene(finished(rng, image), labels.astype(np.int32))

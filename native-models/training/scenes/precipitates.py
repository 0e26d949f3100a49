import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finish, scattered, smooth_noise, voronoi, warped_grid


def precipitates(rng, h, w):
    """Gamma/gamma-prime: rounded cuboids in channels of matrix, fine tertiary particles between them."""
    size = min(h, w)
    spacing = size * rng.uniform(0.06, 0.13)
    y, x = warped_grid(rng, (h, w), size * 0.006, size * 0.025)
    angle = rng.uniform(0, np.pi / 2)
    points = scattered(rng, (h, w), spacing, rng.uniform(0.2, 0.4))
    index, gap = voronoi(points, y, x)
    dy, dx = y - points[index, 0], x - points[index, 1]
    u, v = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    radius = spacing * rng.uniform(0.3, 0.52, len(points))[index]
    p = rng.uniform(2.2, 4.5)
    inside = (np.abs(u) ** p + np.abs(v) ** p) ** (1 / p) + smooth_noise(rng, (h, w), size * 0.012) * spacing * 0.03
    channel = spacing * rng.uniform(0.06, 0.12)
    labels = np.where((inside < radius) & (gap > channel), index + 1, 0)
    matrix = ndimage.distance_transform_edt(labels == 0)
    candidates = np.argwhere(matrix > size * 0.012)
    tertiary = np.zeros((h, w), bool)
    if len(candidates):
        chosen = candidates[rng.integers(0, len(candidates), int(len(candidates) / (size * 0.02) ** 2) + 1)]
        seeds = np.ones((h, w), bool)
        seeds[tuple(chosen.T)] = False
        tertiary = ndimage.distance_transform_edt(seeds) < size * rng.uniform(0.003, 0.006)
    small, _ = ndimage.label(tertiary)
    labels = np.where(small > 0, small + labels.max(), labels)
    bright = rng.choice([-1.0, 1.0]) * rng.uniform(0.12, 0.3)
    image = 0.5 + bright * (labels > 0) + 0.5 * abs(bright) * np.exp(-((matrix / (0.008 * size)) ** 2)) * (labels == 0)
    image += 0.02 * smooth_noise(rng, (h, w), size * 0.15)
    return Scene(finish(rng, image, 1.2, 0.025, 0.015), labels.astype(np.int32))

"""Plates and laths that share a direction within a packet."""
import numpy as np
from scipy.spatial import cKDTree

from scenes.scene import Scene, finished, scattered, smooth_noise
from scenes.tessellation import power_cells


def packed_laths(rng, index, count, h, w, thick, aspect):
    """Laths side by side across the plane in the direction of each packet -> lath number, gap to its border in pixels."""
    y, x = np.mgrid[:h, :w].astype(np.float32)
    wander = smooth_noise(rng, (h, w), thick * 4) * thick * rng.uniform(0.05, 0.3)
    turns = rng.uniform(0, np.pi, int(rng.integers(1, 7))) if rng.random() < 0.5 else rng.uniform(0, np.pi, count)
    turn = turns[rng.integers(0, len(turns), count)] + rng.normal(0, 0.04, count)
    cos, sin = np.cos(turn)[index], np.sin(turn)[index]
    reach = int(np.hypot(h, w)) + 2
    u = (x * cos + y * sin + reach) / aspect
    v = y * cos - x * sin + wander + reach
    seeds = scattered(rng, (int(2 * reach / aspect), 2 * reach), thick, 0.48)
    pixels = np.stack([u.ravel(), v.ravel()], 1)
    distance, nearest = cKDTree(seeds).query(pixels, k=2)
    apart = np.hypot(*(seeds[nearest[:, 0]] - seeds[nearest[:, 1]]).T) + 1e-6
    gap = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart)
    return nearest[:, 0].reshape(h, w), gap.reshape(h, w).astype(np.float32), len(seeds)


def numbered(keys):
    """Any integer keys, 0 = none -> 0..n."""
    values, numbers = np.unique(keys, return_inverse=True)
    return (numbers.reshape(keys.shape) + (values[0] != 0)).astype(np.int32)


def packets(rng, h, w, aspect):
    size = min(h, w)
    index, edge, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.12), np.log(0.6))), 0.5)
    thick = size * np.exp(rng.uniform(np.log(0.01), np.log(0.04)))
    lath, gap, count = packed_laths(rng, index, len(seeds), h, w, thick, rng.uniform(*aspect))
    key = index.astype(np.int64) * count + lath + 1
    return key, np.minimum(gap, edge), (index + 1) * (edge > 1.0), thick


def laths(rng, h, w):
    """Martensite, bainite, basket weave: laths side by side, told apart by lines or tones; a packet is their whole."""
    key, gap, wholes, _ = packets(rng, h, w, (3, 10))
    width = rng.uniform(0.8, 1.6)
    lines = rng.random() < 0.7
    number = numbered(np.where(gap > width * 0.7, key, 0)) if lines else numbered(key)
    tones = rng.normal(0, rng.uniform(0.0, 0.08) if lines else rng.uniform(0.1, 0.2), number.max() + 1)
    image = rng.uniform(0.4, 0.65) + tones[number] * (number > 0)
    if lines:
        image = image + rng.choice([-1, -1, 1]) * rng.uniform(0.2, 0.45) * np.exp(-(gap / width) ** 2)
    image = image + rng.uniform(0.01, 0.05) * smooth_noise(rng, (h, w), rng.uniform(1.5, 5))
    return Scene(finished(rng, image), number, wholes.astype(np.int32))


def widmanstatten(rng, h, w):
    """Plates of one phase in colonies, apart from each other in the other phase."""
    key, gap, wholes, thick = packets(rng, h, w, (5, 25))
    some = (rng.random(int(rng.integers(3000, 5000))) < rng.uniform(0.3, 0.8))[key % 2999]
    channel = thick * rng.uniform(0.08, 0.25)
    plates = some & (gap > channel)
    number = numbered(np.where(plates, key, 0))
    image = rng.uniform(0.4, 0.6) + rng.choice([-1, 1]) * rng.uniform(0.12, 0.4) * (plates - 0.5)
    image = image + rng.normal(0, 0.03, number.max() + 1)[number] * plates
    image = image - rng.uniform(0, 0.15) * np.exp(-((gap - channel) / 1.2) ** 2) * some
    image = image + rng.uniform(0.01, 0.04) * smooth_noise(rng, (h, w), rng.uniform(1.5, 5))
    return Scene(finished(rng, image), number, wholes.astype(np.int32) if rng.random() < 0.7 else None)

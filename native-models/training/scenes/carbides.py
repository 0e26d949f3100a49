import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finished, smooth_noise
from scenes.superalloy import tiny_spheres
from scenes.tessellation import power_cells
from scenes.texture import surface


def carbides(rng, h, w):
    """Steel or cast alloy: a broken network along old grain boundaries, small particles inside, none close to it."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.1), np.log(0.45))), 0.6, 0.012)
    half = size * rng.uniform(0.002, 0.012) * np.clip(1 + 0.8 * smooth_noise(rng, (h, w), size * 0.03), 0, 3)
    network = (gap < half) & (smooth_noise(rng, (h, w), size * 0.06) > rng.uniform(-2.5, 0.3))
    if not network.any():
        network = gap < half
    labels, count = ndimage.label(ndimage.binary_dilation(network), np.ones((3, 3)))
    labels = np.where(network, labels, 0)
    free = ndimage.distance_transform_edt(~network) > size * rng.uniform(0.005, 0.05)
    radius = max(2.3, size * rng.uniform(0.003, 0.012))
    room = np.where(free, radius * 2 + smooth_noise(rng, (h, w), size * 0.02), 0)
    small = tiny_spheres(rng, room, max(size * 0.025, radius * rng.uniform(3.5, 8)), radius * rng.uniform(0.8, 1.1))
    small = np.where(network, 0, small)
    on = (labels > 0) | (small > 0)
    image = rng.uniform(0.35, 0.65) + rng.choice([-1, 1]) * rng.uniform(0.15, 0.45) * (on - 0.5)
    image = image + np.where(on, 0.01, rng.uniform(0.01, 0.06)) * surface(rng, (h, w))
    image = image + rng.normal(0, rng.uniform(0, 0.05), len(seeds))[index] * ~on
    labels = np.where(small > 0, small + count, labels)
    return Scene(finished(rng, image), labels.astype(np.int32))

import numpy as np

from scenes.scene import Scene, finish, scattered, smooth_noise, voronoi, warped_grid


def grains(rng, h, w):
    """Etched polycrystal: flat-toned grains, dark boundaries, annealing twins across some grains."""
    size = min(h, w)
    y, x = warped_grid(rng, (h, w), size * rng.uniform(0.002, 0.01), size * 0.03)
    points = scattered(rng, (h, w), size * rng.uniform(0.07, 0.17))
    index, gap = voronoi(points, y, x)
    tone = np.clip(rng.normal(0.62, rng.choice([0.03, 0.12]), len(points)), 0.2, 0.95)
    image = tone[index]
    slope = rng.uniform(-np.pi, np.pi, len(points))
    across = x * np.cos(slope)[index] + y * np.sin(slope)[index]
    twin = (np.sin(across / (size * 0.012)) > 0.75) & (rng.random(len(points)) < 0.3)[index]
    image = image - 0.08 * twin
    width = rng.uniform(1.5, 3.5)
    image = image - rng.uniform(0.25, 0.5) * np.exp(-((gap / width) ** 2))
    image += 0.015 * smooth_noise(rng, (h, w), size * 0.2)
    labels = (index + 1) * (gap > width * 0.7)
    return Scene(finish(rng, image, 0.8, 0.02), labels.astype(np.int32))

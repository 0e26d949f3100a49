import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finished, smooth_noise
from scenes.sections import draw_crack, wavy_line
from scenes.texture import surface


def oxide_scale(rng, h, w):
    """A thin oxide between two materials, of uneven thickness, cut by cracks; oxide inside the metal below it."""
    size = min(h, w)
    middle = h * rng.uniform(0.2, 0.75) + wavy_line(rng, w, size) * rng.uniform(0.5, 2.5)
    thin = np.exp(rng.uniform(np.log(0.005), np.log(0.05))) * size
    uneven = 1 + rng.uniform(0, 0.35) * smooth_noise(rng, (8, w), size * rng.uniform(0.01, 0.06))[4]
    thickness = np.maximum(thin * uneven, 2.5)
    y = np.arange(h)[:, None]
    scale = (y >= middle - thickness / 2) & (y < middle + thickness / 2)
    below = y >= middle + thickness / 2
    tones = rng.permutation(np.array([rng.uniform(0.05, 0.3), rng.uniform(0.4, 0.6), rng.uniform(0.7, 0.92)]))
    fields = [rng.uniform(0.005, 0.06) * surface(rng, (h, w)) for _ in range(2)]
    image = np.where(scale, tones[1], np.where(below, tones[2] + fields[0], tones[0] + fields[1]))
    cracks = np.zeros((h, w), bool)
    for _ in range(int(rng.integers(0, 10))):
        column = int(rng.integers(0, w))
        across = rng.random() < 0.7
        start = (middle[column] - thickness[column] / 2 * (1.2 if across else rng.uniform(-1, 1)), column)
        length = thickness[column] * rng.uniform(1, 2.5) if across else size * rng.uniform(0.05, 0.3)
        draw_crack(rng, cracks, start, (np.pi / 2 if across else rng.choice([0, np.pi])) + rng.normal(0, 0.15),
                   int(length) + 4, rng.uniform(1, 4), 1)
    inner = below & (smooth_noise(rng, (h, w), size * rng.uniform(0.004, 0.012)) > rng.uniform(1.9, 2.6))
    inner = inner & (y < middle + thickness / 2 + size * rng.uniform(0.05, 0.3)) if rng.random() < 0.5 else inner & False
    image = np.where(inner, tones[1], image)
    image = np.where(cracks, rng.uniform(0.02, 0.12), image)
    labels = np.zeros((h, w), np.int32)
    for region in (scale & ~cracks, inner & ~cracks, cracks):
        pieces, _ = ndimage.label(region, np.ones((3, 3)))
        labels = np.where(pieces > 0, pieces + labels.max(), labels)
    wholes = np.where(scale, 1, np.where(below, 2, 3)).astype(np.int32)
    maps = [finished(rng, image), labels, wholes]
    if rng.random() < 0.3 and h == w:
        maps = [np.ascontiguousarray(m.T) for m in maps]
    return Scene(*maps)

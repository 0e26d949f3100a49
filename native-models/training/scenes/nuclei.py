import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finish, scattered, smooth_noise


def nuclei(rng, h, w):
    """Fluorescence: elliptic nuclei, some touching, in dim cytoplasm; the cell is the whole of its nucleus."""
    size = min(h, w)
    points = scattered(rng, (h, w), size * rng.uniform(0.07, 0.13), 0.5)
    points = points[rng.random(len(points)) < rng.uniform(0.4, 0.95)]
    labels, cells = np.zeros((h, w), np.int32), np.zeros((h, w), np.int32)
    signal, cytoplasm = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    mean_radius = size * rng.uniform(0.02, 0.04)
    texture = 1 + 0.16 * smooth_noise(rng, (h, w), mean_radius * 0.3)
    for number, (cy, cx) in enumerate(points, 1):
        a = mean_radius * rng.uniform(0.75, 1.35)
        b, turn, reach = a * rng.uniform(0.55, 1.0), rng.uniform(0, np.pi), int(a * 3.2)
        y0, y1 = max(0, int(cy) - reach), min(h, int(cy) + reach)
        x0, x1 = max(0, int(cx) - reach), min(w, int(cx) + reach)
        if y0 >= y1 or x0 >= x1:
            continue
        yy, xx = np.mgrid[y0:y1, x0:x1]
        dy, dx = yy - cy, xx - cx
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        lobe = 1 + 0.08 * np.sin(2 * np.arctan2(v, u) + rng.uniform(0, 6)) + 0.05 * np.sin(3 * np.arctan2(v, u))
        r = np.sqrt((u / a) ** 2 + (v / b) ** 2) / lobe
        free = labels[y0:y1, x0:x1] == 0
        labels[y0:y1, x0:x1][(r < 1) & free] = number
        around = (np.sqrt((u / (a * 1.9)) ** 2 + (v / (b * 2.2)) ** 2) < 1) & (cells[y0:y1, x0:x1] == 0)
        cells[y0:y1, x0:x1][around] = number
        glow = np.clip((1.06 - r) / 0.22, 0, 1) * rng.uniform(0.35, 1.0)
        signal[y0:y1, x0:x1] = np.maximum(signal[y0:y1, x0:x1], glow)
        cytoplasm[y0:y1, x0:x1][around] = rng.uniform(0.5, 1)
    cells = np.where(labels > 0, labels, cells)
    body = rng.choice([0.0, 0.12, 0.2])
    cytoplasm = ndimage.gaussian_filter(cytoplasm, size * 0.004) * (1 + 0.2 * smooth_noise(rng, (h, w), size * 0.006))
    image = 0.04 + rng.uniform(0.4, 0.85) * signal * texture + body * cytoplasm
    image += 0.015 * smooth_noise(rng, (h, w), size * 0.2)
    return Scene(finish(rng, image, 1.0, 0.015), labels, cells if body else None)

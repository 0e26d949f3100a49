"""Long things: fibres side by side, filaments that wind."""
import numpy as np

from scenes.scene import Scene, finished, smooth_noise
from scenes.texture import surface


def tow(rng, h, w):
    """Fibres along the view, nearly parallel, in layers over each other; each visible fibre is an object."""
    size = min(h, w)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    turn, radius = rng.uniform(0, np.pi), size * np.exp(rng.uniform(np.log(0.008), np.log(0.04)))
    labels = np.zeros((h, w), np.int32)
    image = rng.uniform(0.05, 0.2) + 0.02 * smooth_noise(rng, (h, w), size * 0.02)
    dark, texture = rng.random() < 0.2, surface(rng, (h, w)) * rng.uniform(0, 0.05)
    for layer in range(int(rng.integers(1, 4))):
        angle = turn + rng.normal(0, 0.12 if layer else 0.01)
        v = y * np.cos(angle) - x * np.sin(angle) + smooth_noise(rng, (h, w), size * 0.3) * radius * rng.uniform(0, 3)
        pitch = 2 * radius * rng.uniform(1.05, 1.4) * (1 + layer * rng.uniform(0.5, 3))
        middles = np.cumsum(pitch * np.exp(rng.normal(0, 0.15 + 0.25 * layer, int(np.ptp(v) / pitch * 2) + 4))) + v.min() - pitch
        borders = (middles[1:] + middles[:-1]) / 2
        fibre = np.searchsorted(borders, v.ravel()).reshape(h, w)
        t = (v - middles[fibre]) / (radius * rng.uniform(0.8, 1.0, len(middles))[fibre])
        on = np.abs(t) < 1
        image = np.where((np.abs(t) < 1.3) & ~on, image * 0.7, image)
        tone = rng.uniform(0.75, 1.1, len(middles))[fibre]
        image = np.where(on, (0.25 + 0.5 * np.sqrt(np.clip(1 - t * t, 0, 1)) + texture) * tone, image)
        labels = np.where(on, fibre + 1 + labels.max(), labels)
    return Scene(finished(rng, 1 - image if dark else image), labels.astype(np.int32))


def filaments(rng, h, w):
    """Hyphae, nanowires, vessels: winding, tapering, crossing; each visible filament is an object."""
    size = min(h, w)
    labels = np.zeros((h, w), np.int32)
    bright = np.full((h, w), -1.0, np.float32)
    thick = size * np.exp(rng.uniform(np.log(0.003), np.log(0.02)))
    wander = rng.uniform(0.01, 0.06)
    look = rng.choice(["flat", "tube", "walls"])
    for number in range(1, int(rng.integers(6, 30))):
        length, r = int(size * rng.uniform(0.2, 1.2)), max(1.3, thick * rng.uniform(0.6, 1.4))
        heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, wander, length))
        ys, xs = rng.uniform(0, h) + np.cumsum(np.sin(heading)), rng.uniform(0, w) + np.cumsum(np.cos(heading))
        reach = int(r) + 1
        v, u = np.mgrid[-reach:reach + 1, -reach:reach + 1]
        kernel = (1 - np.hypot(u, v) / r).astype(np.float32)  # above 0 inside, 1 on the axis
        field = np.full((h + 2 * reach, w + 2 * reach), -1.0, np.float32)
        for cy, cx in zip(np.round(ys).astype(int), np.round(xs).astype(int)):
            if 0 <= cy < h and 0 <= cx < w:
                window = field[cy:cy + 2 * reach + 1, cx:cx + 2 * reach + 1]
                np.maximum(window, kernel, out=window)
        inner = field[reach:reach + h, reach:reach + w]
        on = inner > 0
        tone = rng.uniform(0.7, 1.0)
        value = {"flat": np.float32(0.8), "tube": 0.4 + 0.6 * np.sqrt(np.clip(1 - (1 - inner) ** 2, 0, 1)),
                 "walls": 0.2 + 0.8 * np.exp(-(inner / 0.35) ** 2)}[look]
        bright = np.where(on, value * tone, bright)
        labels[on] = number
    ground, contrast = rng.uniform(0.35, 0.6), rng.choice([-1, 1]) * rng.uniform(0.25, 0.5)
    if contrast > 0:
        ground = rng.uniform(0.05, 0.4)
    image = ground + np.where(labels > 0, contrast * bright, rng.uniform(0.01, 0.05) * surface(rng, (h, w)))
    return Scene(finished(rng, image), labels)

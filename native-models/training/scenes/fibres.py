import numpy as np

from scenes.scene import Scene, finish, smooth_noise


def fibres(rng, h, w):
    """Composite: crossing glass fibres as shaded bands, later ones on top; each visible fibre is an object."""
    size = min(h, w)
    image = 0.12 + 0.03 * smooth_noise(rng, (h, w), size * 0.08)
    labels = np.zeros((h, w), np.int32)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    for number in range(1, int(rng.integers(14, 34))):
        angle, radius = rng.uniform(0, np.pi), size * rng.uniform(0.008, 0.024)
        u = (x - rng.uniform(0, w)) * np.cos(angle) + (y - rng.uniform(0, h)) * np.sin(angle)
        v = (y - h / 2) * np.cos(angle) - (x - w / 2) * np.sin(angle)
        bend = rng.uniform(-0.08, 0.08) * size * np.sin(v / size * rng.uniform(1, 4) + rng.uniform(0, 6))
        t = (u + bend) / radius
        on = np.abs(t) < 1
        image = np.where(np.abs(t) < 1.35, image * 0.72, image)
        profile = 0.28 + 0.45 * np.sqrt(np.clip(1 - t * t, 0, 1)) + 0.12 * np.exp(-((t + 0.35) / 0.2) ** 2)
        image = np.where(on, profile * rng.uniform(0.8, 1.15), image)
        labels[on] = number
    return Scene(finish(rng, image, 0.8, 0.025), labels)

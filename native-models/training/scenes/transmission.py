import numpy as np

from scenes.painting import outline, patch
from scenes.particles import places_of
from scenes.scene import Scene, finished, smooth_noise
from scenes.texture import surface


def transmission(rng, h, w):
    """Nanoparticles in a transmission microscope: shadows that add up, on a mottled film; some with lattice fringes."""
    size = min(h, w)
    radius = size * np.exp(rng.uniform(np.log(0.008), np.log(0.07)))
    count = int(np.clip(rng.uniform(0.08, 0.45) * h * w / (np.pi * radius ** 2), 5, 400))
    shapes = rng.choice(["ellipse", "facets", "rod", "box", "blob"], int(rng.integers(1, 3)))
    solid, fringes, absorbs = rng.random() < 0.4, rng.random() < 0.35, rng.uniform(0.4, 1.6)
    shadow, labels = np.zeros((h, w), np.float32), np.zeros((h, w), np.int32)
    places = places_of(rng, (h, w), count, rng.random() < 0.4)
    spread = rng.uniform(0.05, 0.4)
    for number, centre in enumerate(places, 1):
        inside, reach = outline(rng, shapes[rng.integers(0, len(shapes))], max(3.0, radius * np.exp(rng.normal(0, spread))))
        found = patch((h, w), inside, reach, centre)
        if found is None:
            continue
        window, r, u, v = found
        on = r < 1
        before = labels[window] > 0
        if (on & before).sum() > 0.35 * on.sum():
            continue
        depth = np.ones_like(r) if solid else 0.35 + 0.65 * np.sqrt(np.clip(1 - r * r, 0, 1))
        thick = depth * rng.uniform(0.5, 1.2)
        if fringes:
            turn, period = rng.uniform(0, np.pi), rng.uniform(3.5, 7)
            thick = thick * (1 + 0.25 * np.sin((u * np.cos(turn) + v * np.sin(turn)) * 2 * np.pi / period))
        shadow[window] += np.where(on, thick, 0)
        labels[window][on] = number
    film = rng.uniform(0.6, 0.85) + rng.uniform(0.01, 0.05) * smooth_noise(rng, (h, w), rng.uniform(1.2, 3))
    film = film + rng.uniform(0, 0.04) * surface(rng, (h, w))
    image = film * np.exp(-absorbs * shadow)
    return Scene(finished(rng, 1 - image if rng.random() < 0.15 else image), labels)

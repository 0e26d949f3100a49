"""Small round organisms and blood."""
import numpy as np

from scenes.painting import outline, paint
from scenes.particles import compose
from scenes.scene import Scene, finished, smooth_noise
from scenes.texture import surface


def cocci(rng, h, w):
    """Cocci in chains and clusters, budding yeast: round cells that touch; a chain is their whole."""
    size = min(h, w)
    radius = size * np.exp(rng.uniform(np.log(0.008), np.log(0.04)))
    longest = int(rng.choice([2, 4, 14]))
    places, outlines, chain_of = [], [], [0]
    for chain in range(1, int(np.clip(0.25 * h * w / (longest * 2 * radius ** 2), 6, 120))):
        y, x, heading = rng.uniform(0, h), rng.uniform(0, w), rng.uniform(0, 2 * np.pi)
        for k in range(int(rng.integers(1, longest + 1))):
            r = radius * rng.uniform(0.85, 1.1) * (rng.uniform(0.5, 0.9) if k and longest == 2 else 1.0)
            places.append((y, x))
            outlines.append(outline(rng, "disc", r))
            chain_of.append(chain)
            heading += rng.normal(0, 0.5)
            y, x = y + 1.9 * r * np.sin(heading), x + 1.9 * r * np.cos(heading)
    style = rng.choice(["sphere", "dome", "rim", "flat"])
    bright, labels, depth = paint(rng, (h, w), outlines, np.array(places), [style], overlap=True)
    dark = style != "sphere" and rng.random() < 0.4
    image = compose(rng, bright, rng.uniform(0.55, 0.75) if dark else rng.uniform(0.05, 0.35), rng.uniform(0.3, 0.6), dark)
    if style != "sphere":
        near = np.where(np.isinf(depth), 9, depth)
        image = image + rng.choice([-1, 1]) * rng.uniform(0, 0.3) * np.exp(-((1 - near) / 0.15) ** 2)
    wholes = np.array(chain_of, np.int32)[labels] if longest > 2 else None
    return Scene(finished(rng, image), labels, wholes)


def blood(rng, h, w):
    """A stained smear in colour: red cells with a pale middle, white cells with a purple nucleus (a part)."""
    size = min(h, w)
    radius = size * rng.uniform(0.025, 0.06)
    count = int(rng.uniform(0.2, 0.6) * h * w / (np.pi * radius ** 2))
    places = np.stack([rng.uniform(0, h, count), rng.uniform(0, w, count)], 1)
    outlines = [outline(rng, rng.choice(["disc", "disc", "ellipse"]), radius * rng.uniform(0.85, 1.1)) for _ in places]
    _, labels, depth = paint(rng, (h, w), outlines, places, ["flat"], overlap=rng.random() < 0.3)
    near = np.where(np.isinf(depth), 9, depth)
    red = np.array([rng.uniform(0.75, 0.9), rng.uniform(0.5, 0.68), rng.uniform(0.5, 0.68)])
    ground = np.array([rng.uniform(0.86, 0.96)] * 3) - np.array([0, rng.uniform(0, 0.05), rng.uniform(0, 0.06)])
    pale = np.exp(-(near / rng.uniform(0.35, 0.6)) ** 2) * rng.uniform(0.2, 0.8)
    body = red + (ground - red) * pale[..., None] - 0.1 * np.exp(-((1 - near) / 0.1) ** 2)[..., None]
    image = np.where((labels > 0)[..., None], body, ground)
    large = [outline(rng, "disc", radius * rng.uniform(1.3, 2.0)) for _ in range(int(rng.integers(1, 7)))]
    spots = np.stack([rng.uniform(0, h, len(large)), rng.uniform(0, w, len(large))], 1)
    _, white, inner = paint(rng, (h, w), large, spots, ["flat"], overlap=False)
    lobes = inner + 0.25 * smooth_noise(rng, (h, w), radius * 0.4)
    nucleus = (white > 0) & (lobes < rng.uniform(0.5, 0.8))
    texture = 1 + 0.08 * smooth_noise(rng, (h, w), 2.0)[..., None]
    image = np.where((white > 0)[..., None], np.array([0.78, 0.72, 0.86]) * texture, image)
    image = np.where(nucleus[..., None], np.array([0.38, 0.2, rng.uniform(0.5, 0.65)]) * texture, image)
    labels = np.where(white > 0, white + labels.max(), labels)
    image = image + 0.01 * surface(rng, (h, w))[..., None]
    return Scene(finished(rng, image), labels.astype(np.int32), None, np.where(nucleus, white, 0).astype(np.int32))

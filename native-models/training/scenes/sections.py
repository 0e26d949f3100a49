"""Cross-sections and surfaces: stacks of layers, cracks, melt pools."""
import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finish, smooth_noise
from scenes.texture import surface


def wavy_line(rng, length, size):
    """A line's height along the plane, in pixels around 0: slow waves and roughness."""
    slow = smooth_noise(rng, (8, length), size * rng.uniform(0.05, 0.25))[4] * size * rng.uniform(0.002, 0.02)
    fast = smooth_noise(rng, (8, length), size * rng.uniform(0.006, 0.02))[4] * size * rng.uniform(0.0, 0.006)
    return slow + fast


def crack_path(rng, start, heading, length, wander):
    """Points (y, x) a pixel apart of a crack that wanders."""
    turns = np.cumsum(rng.normal(0, wander, length)) * 0.5 + heading + 0.3 * np.sin(np.arange(length) / rng.uniform(15, 60))
    return np.column_stack([start[0] + np.cumsum(np.sin(turns)), start[1] + np.cumsum(np.cos(turns))])


def draw_crack(rng, mask, start, heading, length, width, branches=2):
    """Draws a crack and its branches into `mask`; width in pixels, thinner towards the end."""
    h, w = mask.shape
    path = crack_path(rng, start, heading, length, 0.12)
    for i in range(0, length):
        y, x = path[i]
        if not (0 <= y < h and 0 <= x < w):
            break
        r = max(0.5, width / 2 * (1 - 0.7 * i / length) * (1 + 0.3 * np.sin(i / 9)))
        y0, y1, x0, x1 = int(y - r), int(y + r) + 1, int(x - r), int(x + r) + 1
        mask[max(0, y0):y1, max(0, x0):x1] = True
        if branches and rng.random() < 1.5 / length:
            draw_crack(rng, mask, (y, x), heading + rng.choice([-1, 1]) * rng.uniform(0.4, 1.1), int(length * 0.4), width * 0.6, branches - 1)


def layers(rng, h, w):
    """A stack of layers, some only a few pixels thick, with wavy borders; cracks across and along; any direction."""
    upright = rng.random() < 0.3
    if upright:
        h, w = w, h
    size = min(h, w)
    count = int(rng.integers(3, 8))
    thick = np.exp(rng.normal(0, 1.0, count))
    thick = np.maximum(thick / thick.sum() * h * 1.1, size * 0.006)
    y = np.arange(h)[:, None]
    borders = [np.maximum(3, t + wavy_line(rng, w, size)) for t in np.concatenate([[0.0], np.cumsum(thick)[:-1]]) if t > 0]
    borders = np.maximum.accumulate(np.stack(borders), axis=0)
    layer = (y[None] >= borders[:, None, :]).sum(0)
    tone = rng.permutation(np.linspace(0.1, 0.9, count)) + rng.normal(0, 0.03, count)
    image = tone[layer]
    for number in range(count):
        image = image + (layer == number) * rng.uniform(0.005, 0.06) * surface(rng, (h, w))
    labels = np.zeros((h, w), np.int32)
    cracks = np.zeros((h, w), bool)
    for _ in range(int(rng.integers(0, 7))):
        along = rng.random() < 0.3
        start = (rng.uniform(0, h), rng.uniform(0, w))
        draw_crack(rng, cracks, start, (0 if along else np.pi / 2) + rng.normal(0, 0.15), int(size * rng.uniform(0.1, 0.5)), rng.uniform(1, 5), 1)
    image = np.where(cracks, rng.uniform(0.02, 0.2), image)
    total = 0
    for i in range(count):
        pieces, n = ndimage.label((layer == i) & ~cracks)
        labels = np.where(pieces > 0, pieces + total, labels)
        total += n
    pieces, n = ndimage.label(cracks, np.ones((3, 3)))
    labels = np.where(pieces > 0, pieces + total, labels)
    scene = Scene(finish(rng, image, rng.uniform(0.5, 1.0), rng.uniform(0.01, 0.04)), labels.astype(np.int32), (layer + 1).astype(np.int32))
    if upright:
        turned = [np.ascontiguousarray(a.T) for a in (scene.image, scene.labels, scene.wholes)]
        scene = Scene(*turned)
    return scene


def cracks(rng, h, w):
    """Cracks in a surface: long, thin, branching, darker (or in relief brighter) than what they run through."""
    size = min(h, w)
    mask = np.zeros((h, w), bool)
    across = rng.uniform(0, np.pi)
    for _ in range(int(rng.integers(1, 9))):
        start = (rng.uniform(0.05, 0.95) * h, rng.uniform(0.05, 0.95) * w)
        heading = across + rng.normal(0, 0.3) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
        draw_crack(rng, mask, start, heading, int(size * rng.uniform(0.2, 1.2)), rng.uniform(1, 7), int(rng.integers(0, 4)))
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    ground = rng.uniform(0.4, 0.75) + rng.uniform(0.01, 0.08) * surface(rng, (h, w)) + rng.uniform(0, 0.04) * surface(rng, (h, w))
    image = np.where(mask, rng.uniform(0.05, 0.3), ground)
    if rng.random() < 0.5:
        edge = ndimage.distance_transform_edt(~mask)
        image = image + rng.uniform(0.1, 0.3) * np.exp(-(edge / 2.5) ** 2) * ~mask
    if rng.random() < 0.15:
        image = 1 - image
    return Scene(finish(rng, image, rng.uniform(0.5, 1.2), rng.uniform(0.01, 0.05)), labels.astype(np.int32))


def melt_pools(rng, h, w):
    """Tracks of a molten pool, layer upon layer: scales with a curved lower border, each over the one before."""
    size = min(h, w)
    labels, image = np.zeros((h, w), np.int32), np.full((h, w), 0.55, np.float32)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    width, number = size * np.exp(rng.uniform(np.log(0.07), np.log(0.35))), 0
    line, dark = rng.uniform(1.0, 3.0), rng.choice([-1, -1, 1])
    texture = rng.uniform(0.01, 0.06) * surface(rng, (h, w))
    for level in np.arange(h + width, -width, -width * rng.uniform(0.35, 0.7)):
        offset = rng.uniform(0, width)
        for cx in np.arange(-width, w + width, width * rng.uniform(0.9, 1.4)):
            a, depth = width * rng.uniform(0.8, 1.3), width * rng.uniform(0.7, 1.8)
            r = np.hypot((x - cx - offset) / a, np.maximum(y - level, 0) / depth)
            on = (r < 1) & (y > level - width)
            number += 1
            labels[on] = number
            edge = np.exp(-(((1 - r) * min(a, depth)) / line) ** 2)
            image[on] = (0.55 + rng.normal(0, 0.05) + texture[on] + dark * rng.uniform(0.12, 0.3) * edge[on])
    return Scene(finish(rng, image, 0.9, rng.uniform(0.01, 0.03)), labels)

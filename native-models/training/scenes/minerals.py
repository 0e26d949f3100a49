"""Rocks, ceramics and electrodes: packed grains of several phases."""
import colorsys

import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finished, smooth_noise
from scenes.tessellation import bands, power_cells
from scenes.texture import surface


def hues(rng, count, strength):
    """`count` random colours [count, 3]."""
    return np.array([colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, strength), rng.uniform(0.15, 1.0))
                     for _ in range(count)], np.float32)


def thin_section(rng, h, w):
    """A rock between crossed polars, or an orientation map: every grain in a colour of its own, some with twins."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.05), np.log(0.22))),
                                    rng.uniform(0.3, 1.2), rng.uniform(0.002, 0.02))
    rock = rng.random() < 0.6
    colours = hues(rng, len(seeds), rng.uniform(0.3, 1.0))
    image = colours[index]
    labels = index + 1
    parts = None
    if rng.random() < 0.5:
        twin = bands(rng, index, seeds, h, w, size * rng.uniform(0.008, 0.03)) & (rng.random(len(seeds)) < 0.4)[index]
        image = np.where(twin[..., None], hues(rng, len(seeds), 0.8)[index], image)
        parts, _ = ndimage.label(twin & (gap > 1))
        parts = parts.astype(np.int32)
    if rock:
        image = image * (1 + rng.uniform(0.05, 0.2) * surface(rng, (h, w))[..., None])
        image = image * (1 - rng.uniform(0.2, 0.7) * np.exp(-(gap / rng.uniform(1, 2.5)) ** 2))[..., None]
    elif rng.random() < 0.5:
        labels = labels * (gap > 1.0)
        image = image * (gap > 1.0)[..., None]
    return Scene(finished(rng, image), labels.astype(np.int32), None, parts)


def phases(rng, h, w):
    """A polished section in back-scattered electrons: grains of a few phases, each of one grey and one texture."""
    size = min(h, w)
    index, _, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.04), np.log(0.15))),
                                    rng.uniform(0.4, 1.3), rng.uniform(0.004, 0.03))
    count = int(rng.integers(4, 8))
    phase = rng.choice(count, len(seeds), p=rng.dirichlet(np.ones(count)) * 0.7 + 0.3 / count)[index]
    tones = rng.permutation(np.linspace(0.12, 0.88, count)) + rng.normal(0, 0.02, count)
    image = tones[phase]
    labels = np.zeros((h, w), np.int32)
    for number in range(count):
        on = phase == number
        image = image + on * rng.uniform(0.0, 0.05) * surface(rng, (h, w))
        pieces, _ = ndimage.label(on)
        labels = np.where(on, pieces + labels.max(), labels)
    return Scene(finished(rng, image), labels)


def packed_particles(rng, h, w):
    """Sand, sintered powder or an electrode cut open: rounded grains pressed together, some cracked or porous inside."""
    size = min(h, w)
    spacing = size * np.exp(rng.uniform(np.log(0.05), np.log(0.2)))
    index, gap, seeds = power_cells(rng, h, w, spacing, rng.uniform(0.4, 1.2), 0.008)
    there = (rng.random(len(seeds)) < rng.uniform(0.7, 1.0))[index]
    solid = there & (gap > max(1.0, spacing * rng.uniform(0.01, 0.06)))
    corner = spacing * rng.uniform(0.03, 0.15)
    core = ndimage.distance_transform_edt(solid) > corner
    solid = (ndimage.distance_transform_edt(~core) < corner * 0.95) & solid
    if not solid.any():
        solid = there & (gap > 1)
    labels = np.where(solid, index + 1, 0)
    tones = rng.normal(rng.uniform(0.55, 0.8), rng.uniform(0.01, 0.12), len(seeds))
    image = np.where(solid, tones[index] + rng.uniform(0.01, 0.06) * surface(rng, (h, w)),
                     rng.uniform(0.05, 0.3) + 0.04 * surface(rng, (h, w)))
    parts = None
    if rng.random() < 0.5:
        holes = smooth_noise(rng, (h, w), spacing * rng.uniform(0.03, 0.08)) > rng.uniform(1.7, 2.4)
        holes = holes & solid & (gap > spacing * 0.08)
        image = np.where(holes, image * rng.uniform(0.2, 0.5), image)
        parts = ndimage.label(holes)[0].astype(np.int32)
    if rng.random() < 0.15:
        image = 1 - image
    return Scene(finished(rng, image), labels.astype(np.int32), None, parts)


def facets(rng, h, w):
    """An intergranular fracture or packed crystals: every face flat, lit by its own slope, edges bright."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.05), np.log(0.2))), 0.8, 0.004)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    slope = rng.normal(0, 0.12, (2, len(seeds))) / (size * 0.06)
    tone = rng.normal(0.45, 0.14, len(seeds))[index]
    image = tone + slope[0][index] * (y - seeds[index, 0]) + slope[1][index] * (x - seeds[index, 1])
    image = image + rng.uniform(0.05, 0.35) * np.exp(-(gap / rng.uniform(1, 3)) ** 2)
    image = image + rng.uniform(0.01, 0.05) * surface(rng, (h, w))
    shade = (np.arange(len(seeds)) % 5 == 0)[index]
    image = np.where(shade, image * rng.uniform(0.3, 0.7), image)
    return Scene(finished(rng, image), ((index + 1) * (gap > 0.7)).astype(np.int32))


def spherulites(rng, h, w):
    """A polymer between crossed polars: spherulites grown against each other, each with its dark cross and fibrils."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.08), np.log(0.35))), 0.3, 0.004)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    dy, dx = y - seeds[index, 0], x - seeds[index, 1]
    angle, far = np.arctan2(dy, dx), np.hypot(dy, dx)
    turn = rng.uniform(0, np.pi) + rng.normal(0, 0.1, len(seeds))
    image = 0.12 + rng.uniform(0.3, 0.7) * np.sin(2 * (angle + turn[index])) ** 2
    fibrils = np.sin(angle * rng.integers(20, 60) + 3 * smooth_noise(rng, (h, w), 5))
    image = image * (1 + rng.uniform(0.05, 0.25) * fibrils)
    if rng.random() < 0.4:
        image = image * (1 + 0.2 * np.sin(far / rng.uniform(2.0, 6.0) + smooth_noise(rng, (h, w), 8)))
    image = image * rng.uniform(0.75, 1.1, len(seeds))[index] - rng.uniform(0, 0.25) * np.exp(-(gap / 2.0) ** 2)
    return Scene(finished(rng, image), (index + 1).astype(np.int32))

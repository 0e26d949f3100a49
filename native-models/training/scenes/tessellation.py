"""Polycrystals and whatever else fills the plane: grains, phases, colonies, foam, islands between cracks."""
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from scenes.scene import Scene, finish, scattered, smooth_noise, warped_grid
from scenes.texture import surface


def power_cells(rng, h, w, spacing, spread, rough=0.008):
    """Laguerre (power) tessellation -> cell per pixel, gap to the border in pixels, seeds (y, x, lift).

    A power diagram is the nearest seed when each seed is lifted by the root of what its weight lacks to the largest.
    """
    y, x = warped_grid(rng, (h, w), min(h, w) * rough, min(h, w) * 0.03)
    points = scattered(rng, (h, w), spacing, 0.48)
    points = points[rng.random(len(points)) < rng.uniform(0.6, 1.0)]
    weights = np.exp(rng.normal(0, spread, len(points))) * (0.35 * spacing) ** 2
    seeds = np.column_stack([points, np.sqrt(weights.max() - weights)])
    pixels = np.column_stack([y.ravel(), x.ravel(), np.zeros(h * w)])
    distance, index = cKDTree(seeds).query(pixels, k=2, workers=1)
    apart = np.hypot(*(seeds[index[:, 0], :2] - seeds[index[:, 1], :2]).T) + 1e-6
    gap = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart)
    return index[:, 0].reshape(h, w), gap.reshape(h, w).astype(np.float32), seeds


def stripes(rng, index, count, h, w, period, duty, rough=1.5):
    """Lamellae across each cell in its own direction -> bool [H, W]."""
    y, x = warped_grid(rng, (h, w), rough, period * 3)
    turn, phase = rng.uniform(0, np.pi, count), rng.uniform(0, 6, count)
    spread = np.exp(rng.normal(0, 0.2, count))[index]
    across = (x * np.cos(turn)[index] + y * np.sin(turn)[index]) / (period * spread) * 2 * np.pi + phase[index]
    return np.sin(across) > np.cos(np.pi * duty)


def bands(rng, index, seeds, h, w, width):
    """One or two straight bands across each cell, as twins are -> bool [H, W]."""
    count = len(seeds)
    turn, half = rng.uniform(0, np.pi, count), width * np.exp(rng.normal(0, 0.4, count))
    y, x = np.mgrid[:h, :w].astype(np.float32)
    across = (x - seeds[index, 1]) * np.cos(turn)[index] + (y - seeds[index, 0]) * np.sin(turn)[index]
    first = rng.normal(0, 2, count) * width
    second = first + half * rng.uniform(2.5, 6, count) * np.where(rng.random(count) < 0.5, 1, 1000)
    return (np.abs(across - first[index]) < half[index]) | (np.abs(across - second[index]) < 0.6 * half[index])


def polycrystal(rng, h, w):
    """Grains told apart by lines alone, by tone alone, or by both; with a broad distribution of sizes."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.035), np.log(0.35))), rng.uniform(0.2, 1.2))
    seen_by = rng.choice(["lines", "tones", "both"])
    image = np.full((h, w), rng.uniform(0.4, 0.8), np.float32)
    if seen_by != "lines":
        image = image + rng.normal(0, rng.uniform(0.08, 0.22), len(seeds))[index]
    width = rng.uniform(0.8, 2.5)
    labels = index + 1
    if seen_by != "tones":
        image = image + rng.choice([-1, -1, 1]) * rng.uniform(0.2, 0.5) * np.exp(-(gap / width) ** 2)
        labels = labels * (gap > width * 0.7)
    image = image + rng.uniform(0.01, 0.04) * surface(rng, (h, w))
    parts = None
    if rng.random() < 0.4:
        twin = bands(rng, index, seeds, h, w, size * rng.uniform(0.006, 0.025))
        twin = twin & (rng.random(len(seeds)) < 0.4)[index] & (labels > 0)
        image = image + rng.choice([-1, 1]) * rng.uniform(0.08, 0.2) * twin
        parts = ndimage.label(twin)[0].astype(np.int32)
    return Scene(finish(rng, image, rng.uniform(0.5, 1.2), rng.uniform(0.01, 0.04)), labels.astype(np.int32), None, parts)


def duplex(rng, h, w):
    """Two phases: islands of one in the other, told apart by tone; connected islands are one object."""
    size = min(h, w)
    index, _, seeds = power_cells(rng, h, w, size * rng.uniform(0.03, 0.1), 0.6, 0.012)
    second = (rng.random(len(seeds)) < rng.uniform(0.15, 0.45))[index]
    labels, _ = ndimage.label(second)
    difference = rng.choice([-1, 1]) * rng.uniform(0.12, 0.4)
    image = 0.5 + difference * (second - 0.5) + rng.uniform(0.01, 0.05) * surface(rng, (h, w))
    edge = np.abs(ndimage.gaussian_filter(second.astype(np.float32), 1.0) - 0.5)
    image = image - rng.uniform(0, 0.25) * np.exp(-(edge / 0.2) ** 2)
    return Scene(finish(rng, image, rng.uniform(0.6, 1.3), rng.uniform(0.01, 0.04)), labels.astype(np.int32))


def pearlite(rng, h, w):
    """Lamellar colonies (pearlite, eutectic): a lamella is an object, its colony the whole."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * rng.uniform(0.14, 0.4), 0.5)
    period = size * rng.uniform(0.012, 0.05)
    on = stripes(rng, index, len(seeds), h, w, period, rng.uniform(0.35, 0.6)) & (gap > 1.5)
    labels, _ = ndimage.label(on)
    image = rng.uniform(0.3, 0.5) + rng.uniform(0.15, 0.4) * on + rng.normal(0, 0.05, len(seeds))[index]
    image = image - rng.uniform(0, 0.2) * np.exp(-(gap / 2.0) ** 2) + 0.02 * smooth_noise(rng, (h, w), 3)
    wholes = (index + 1) * (gap > 1.0)
    return Scene(finish(rng, image, rng.uniform(0.6, 1.2), rng.uniform(0.01, 0.035)), labels.astype(np.int32), wholes.astype(np.int32))


def foam(rng, h, w):
    """Cells of a foam, a scaffold or a honeycomb: walls of one tone, hollows of another, shaded."""
    size = min(h, w)
    index, gap, _ = power_cells(rng, h, w, size * rng.uniform(0.06, 0.2), 0.8, 0.006)
    wall = size * rng.uniform(0.004, 0.015)
    labels = (index + 1) * (gap > wall)
    hollow = np.clip((gap - wall) / (size * 0.03), 0, 1)
    image = np.where(labels > 0, 0.35 - 0.25 * hollow, rng.uniform(0.6, 0.9)) + 0.03 * smooth_noise(rng, (h, w), 5)
    if rng.random() < 0.3:
        image = 1 - image
    return Scene(finish(rng, image, 0.9, rng.uniform(0.01, 0.04)), labels.astype(np.int32))


def mud_cracks(rng, h, w):
    """A coating or mud in pieces: islands are objects, and the net of cracks between them is one more."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * rng.uniform(0.1, 0.3), 0.6, 0.012)
    half = rng.uniform(0.8, 4.0) * (1 + 0.4 * np.clip(smooth_noise(rng, (h, w), size * 0.05), -1.5, 2))
    crack = gap < half
    labels = (index + 1) * ~crack
    texture = rng.uniform(0.02, 0.08) * surface(rng, (h, w))
    image = np.where(crack, rng.uniform(0.05, 0.25), rng.uniform(0.45, 0.75) + texture)
    labels = np.where(crack, len(seeds) + 1, labels)
    return Scene(finish(rng, image, 0.8, rng.uniform(0.01, 0.04)), labels.astype(np.int32))


def dimples(rng, h, w):
    """A ductile fracture: dimples with bright ridges, shaded hollows, rough ground."""
    size = min(h, w)
    index, gap, seeds = power_cells(rng, h, w, size * rng.uniform(0.05, 0.14), 0.9, 0.015)
    dy = (np.arange(h)[:, None] - seeds[index, 0]) / (size * 0.06)
    image = 0.4 + 0.35 * np.exp(-(gap / rng.uniform(1.5, 4)) ** 2) + 0.1 * np.tanh(dy) - 0.1 * np.clip(gap / (size * 0.04), 0, 1)
    image = image + 0.05 * smooth_noise(rng, (h, w), 3)
    labels = (index + 1) * (gap > 1.0)
    return Scene(finish(rng, image, 1.0, rng.uniform(0.015, 0.04)), labels.astype(np.int32))

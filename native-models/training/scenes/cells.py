"""Cells in the light microscope: phase contrast, relief contrast, fluorescence."""
import numpy as np
from scipy import ndimage

from scenes.painting import outline, paint
from scenes.particles import scatter
from scenes.scene import Scene, finished, scattered, smooth_noise
from scenes.tessellation import power_cells
from scenes.texture import surface


def phase_cells(rng, h, w):
    """Phase contrast: cells a little darker than the ground with a bright halo, nuclei inside as parts."""
    _, labels, depth = scatter(rng, h, w, ["blob", "ellipse", "spindle"], ["flat"], (0.02, 0.07), rng.uniform(0.1, 0.5), 0.3)
    outside = ndimage.distance_transform_edt(labels == 0)
    inside = ndimage.distance_transform_edt(labels > 0)
    halo = rng.uniform(3, 9)
    image = 0.45 + 0.02 * smooth_noise(rng, (h, w), 30)
    image = image + rng.uniform(0.15, 0.4) * np.exp(-(outside / halo) ** 2) * (labels == 0)
    body = -rng.uniform(0.02, 0.2) + rng.uniform(0.02, 0.1) * smooth_noise(rng, (h, w), rng.uniform(2, 5))
    image = image + np.where(labels > 0, body * np.clip(inside / 4, 0, 1), 0)
    nucleus = depth < rng.uniform(0.3, 0.5)
    image = image - 0.1 * nucleus
    return Scene(finished(rng, image), labels, None, np.where(nucleus, labels, 0).astype(np.int32))


def bright_field_cells(rng, h, w):
    """Bright field or relief contrast: cells like the ground, seen by a shadow at one side and light at the other."""
    _, labels, depth = scatter(rng, h, w, ["blob", "ellipse"], ["flat"], (0.02, 0.08), rng.uniform(0.15, 0.6), 0.3)
    height = ndimage.gaussian_filter(np.sqrt(np.clip(1 - np.where(np.isinf(depth), 1, depth) ** 2, 0, 1)), 1.5)
    height = height + 0.05 * smooth_noise(rng, (h, w), 4) * (labels > 0)
    turn = rng.uniform(0, 2 * np.pi)
    relief = np.gradient(height, axis=0) * np.sin(turn) + np.gradient(height, axis=1) * np.cos(turn)
    image = rng.uniform(0.4, 0.6) + relief * rng.uniform(1.0, 3.0) + 0.015 * smooth_noise(rng, (h, w), 60)
    return Scene(finished(rng, image), labels)


def touching_cells(rng, h, w):
    """An epithelium in fluorescence: cells side by side, membranes or cytoplasm bright, nuclei as parts."""
    size = min(h, w)
    index, gap, points = power_cells(rng, h, w, size * rng.uniform(0.06, 0.16), 0.5)
    labels = (index + 1) * (gap > 1.0)
    tone = rng.uniform(0.5, 1.0, len(points))[index]
    membranes = rng.random() < 0.5
    image = (0.06 + 0.75 * np.exp(-(gap / rng.uniform(2, 5)) ** 2)) if membranes else 0.08 + 0.6 * tone * np.clip(gap / 6, 0, 1)
    image = image * (1 + 0.12 * smooth_noise(rng, (h, w), 4))
    outlines = [outline(rng, "ellipse", size * rng.uniform(0.018, 0.03)) for _ in points]
    bright, nuclei, _ = paint(rng, (h, w), outlines, points[:, :2], ["dome"], overlap=False)
    if rng.random() < 0.6:
        image = np.where(np.isnan(bright), image, (0.25 if not membranes else 0.6) * np.nan_to_num(bright) + 0.5 * image)
        return Scene(finished(rng, image), labels.astype(np.int32), None, nuclei)
    return Scene(finished(rng, image), labels.astype(np.int32))


def spread_cells(rng, h, w):
    """Fluorescence: cells spread on glass, apart or touching, brighter towards the middle, nuclei as parts."""
    _, labels, depth = scatter(rng, h, w, ["blob", "spindle", "ellipse"], ["flat"], (0.03, 0.1), rng.uniform(0.2, 1.2), 0.3,
                               overlap=rng.random() < 0.4)
    near = np.where(np.isinf(depth), 9, depth)
    tone = rng.uniform(0.3, 1.0, labels.max() + 1)[labels]
    body = (rng.uniform(0.2, 0.5) + 0.5 * np.exp(-(near / 0.6) ** 2)) * (1 + rng.uniform(0.05, 0.3) * surface(rng, (h, w)))
    image = 0.05 + (labels > 0) * tone * body * rng.uniform(0.5, 0.9)
    nucleus = near < rng.uniform(0.3, 0.45)
    image = image * np.where(nucleus, rng.choice([0.45, 1.5]), 1.0)
    return Scene(finished(rng, image), labels, None, np.where(nucleus, labels, 0).astype(np.int32))


def clumped_nuclei(rng, h, w):
    """Fluorescence: nuclei in dense clumps with dark clefts between them, spotted, of very different brightness; nucleoli as parts."""
    size = min(h, w)
    radius = size * rng.uniform(0.018, 0.06)
    places = scattered(rng, (h, w), radius * rng.uniform(1.7, 2.6), 0.4)
    keep = smooth_noise(rng, (h, w), size * 0.12)[tuple(np.clip(places, 0, [h - 1, w - 1]).astype(int).T)] > rng.uniform(-0.8, 0.6)
    places = places[keep]
    outlines = [outline(rng, "blob" if i % 3 == 0 else "ellipse", radius * rng.uniform(0.75, 1.2)) for i in range(len(places))]
    bright, labels, depth = paint(rng, (h, w), outlines, places, ["dome", "flat"], overlap=True)
    tone = rng.uniform(0.25, 1.0, labels.max() + 1)[labels]
    spots = 1 + rng.uniform(0.05, 0.3) * smooth_noise(rng, (h, w), radius * 0.2)
    image = 0.05 + 0.8 * np.nan_to_num(bright) * tone * spots
    image = image * (1 - 0.5 * np.exp(-((1 - np.where(np.isinf(depth), 9, depth)) / 0.12) ** 2))
    if radius < size * 0.03 or rng.random() < 0.4:
        return Scene(finished(rng, image), labels)
    spots = np.repeat(places, 3, axis=0) + rng.normal(0, radius * 0.3, (3 * len(places), 2))
    small = [outline(rng, "ellipse", radius * rng.uniform(0.12, 0.28)) for _ in spots]
    _, nucleoli, _ = paint(rng, (h, w), small, spots, ["flat"], overlap=False)
    nucleoli = np.where((labels > 0) & (depth < 0.85), nucleoli, 0)
    image = image * np.where(nucleoli > 0, rng.choice([0.45, 1.5]), 1.0)
    return Scene(finished(rng, image), labels, None, nucleoli.astype(np.int32))

"""Cells and tissue in the light microscope and the electron microscope."""
import numpy as np
from scipy import ndimage

from scenes.painting import outline, paint
from scenes.particles import finished, places_of, scatter
from scenes.scene import Scene, scattered, smooth_noise
from scenes.tessellation import power_cells


def phase_cells(rng, h, w):
    """Phase contrast: cells a little darker than the ground with a bright halo, nuclei inside as parts."""
    bright, labels, depth = scatter(rng, h, w, ["blob", "ellipse", "rod"], ["flat"], (0.02, 0.07), rng.uniform(0.1, 0.5), 0.3)
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


def stained_tissue(rng, h, w):
    """Histology in colour: dark purple nuclei, clumped, in pink tissue with pale gaps."""
    bright, labels, _ = scatter(rng, h, w, ["ellipse", "blob"], ["flat"], (0.012, 0.03), rng.uniform(0.1, 0.35), 0.25,
                                clumped=rng.random() < 0.4)
    tissue = np.clip(0.5 + 0.5 * smooth_noise(rng, (h, w), rng.uniform(8, 25)), 0, 1)[..., None]
    pale, pink = np.array([0.93, 0.9, 0.93]), np.array([0.85, rng.uniform(0.5, 0.7), rng.uniform(0.7, 0.85)])
    purple = np.array([rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.4), rng.uniform(0.5, 0.7)])
    image = pale * (1 - tissue) + pink * tissue
    grain = 1 + 0.12 * smooth_noise(rng, (h, w), 2)[..., None]
    image = np.where((labels > 0)[..., None], purple * (1.5 - 0.5 * np.nan_to_num(bright)[..., None]) * grain, image)
    return Scene(finished(rng, image), labels)


def membranes(rng, h, w):
    """Electron micrograph of tissue: cell profiles between dark membranes, mitochondria and vesicles inside as parts."""
    size = min(h, w)
    index, gap, points = power_cells(rng, h, w, size * rng.uniform(0.07, 0.2), 0.7, rough=0.025)
    width = rng.uniform(1.5, 4.0)
    labels = (index + 1) * (gap > width)
    image = rng.uniform(0.6, 0.75) + rng.normal(0, 0.04, len(points))[index] + 0.04 * smooth_noise(rng, (h, w), 3)
    image = image - rng.uniform(0.3, 0.5) * np.exp(-(gap / width) ** 2)
    count = int(rng.integers(15, 60))
    outlines = [outline(rng, ["ellipse", "rod", "ellipse"][i % 3], size * rng.uniform(0.008, 0.025)) for i in range(count)]
    bright, organelles, depth = paint(rng, (h, w), outlines, places_of(rng, (h, w), count, False), ["flat"], 2, False)
    organelles = organelles * (labels > 0)
    cristae = np.sin(smooth_noise(rng, (h, w), 6) * 5)
    inside = 0.42 + 0.08 * cristae - 0.15 * np.exp(-((1 - np.where(np.isinf(depth), 9, depth)) / 0.2) ** 2)
    image = np.where(organelles > 0, inside, image)
    return Scene(finished(rng, image), labels.astype(np.int32), None, organelles.astype(np.int32))


def clumped_nuclei(rng, h, w):
    """Fluorescence: nuclei in dense clumps with dark clefts between them, spotted, of very different brightness."""
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
    return Scene(finished(rng, image), labels)

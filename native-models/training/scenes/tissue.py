"""Tissue: stained sections in colour, thin sections in the electron microscope."""
import numpy as np
from scipy import ndimage

from scenes.painting import outline, paint
from scenes.particles import places_of, scatter
from scenes.scene import Scene, finished, smooth_noise
from scenes.tessellation import power_cells
from scenes.texture import surface


def stained_tissue(rng, h, w):
    """Histology in colour: dark nuclei, purple, blue or brown, clumped, in pink or pale tissue with gaps."""
    bright, labels, depth = scatter(rng, h, w, ["ellipse", "blob", "ellipse"], ["flat"], (0.009, 0.035),
                                    rng.uniform(0.1, 0.6), 0.25, clumped=rng.random() < 0.3, overlap=rng.random() < 0.3)
    tissue = np.clip(0.5 + 0.5 * smooth_noise(rng, (h, w), rng.uniform(8, 25)), 0, 1)
    tissue = np.clip(tissue + rng.uniform(0, 0.4) + 0.1 * surface(rng, (h, w)), 0, 1)[..., None]
    pale = np.array([0.93, 0.9, 0.93]) * rng.uniform(0.9, 1.05)
    pink = np.array([rng.uniform(0.75, 0.9), rng.uniform(0.5, 0.72), rng.uniform(0.7, 0.85)])
    ground = pink if rng.random() < 0.75 else np.array([0.8, 0.83, 0.88])
    stain = [np.array([rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.4), rng.uniform(0.5, 0.7)]),
             np.array([0.25, 0.3, rng.uniform(0.5, 0.65)]), np.array([rng.uniform(0.35, 0.5), 0.25, 0.15])]
    of = np.zeros(labels.max() + 1, int) + rng.integers(0, 2)
    if rng.random() < 0.25:  # an antibody stain: some nuclei brown
        of = np.where(rng.random(len(of)) < 0.4, 2, of)
    depth_of_stain = rng.uniform(0.7, 1.2, len(of))[labels][..., None]
    nucleus = np.stack(stain)[of][labels]
    nucleus = ground + (nucleus - ground) * np.clip(depth_of_stain * (1.3 - 0.4 * np.nan_to_num(bright)[..., None]), 0, 1.15)
    image = pale * (1 - tissue) + ground * tissue
    grain = 1 + 0.1 * smooth_noise(rng, (h, w), 2)[..., None]
    near = np.where(np.isinf(depth), 9, depth)[..., None]
    nucleus = nucleus * (1 - rng.uniform(0, 0.3) * np.exp(-((1 - near) / 0.15) ** 2))
    image = np.where((labels > 0)[..., None], nucleus * grain, image)
    return Scene(finished(rng, image), labels)


def membranes(rng, h, w):
    """Electron micrograph of tissue: cell profiles between dark membranes, mitochondria and vesicles inside as parts."""
    size = min(h, w)
    index, gap, points = power_cells(rng, h, w, size * np.exp(rng.uniform(np.log(0.05), np.log(0.3))), rng.uniform(0.5, 1.2),
                                     rough=rng.uniform(0.006, 0.025))
    width = rng.uniform(1.2, 4.0)
    labels = (index + 1) * (gap > width)
    image = rng.uniform(0.6, 0.75) + rng.normal(0, rng.uniform(0.02, 0.07), len(points))[index]
    image = image + rng.uniform(0.02, 0.06) * smooth_noise(rng, (h, w), rng.uniform(1.5, 4))
    image = image - rng.uniform(0.25, 0.5) * np.exp(-(gap / width) ** 2)
    count, reach = int(rng.integers(15, 120)), size * rng.uniform(0.015, 0.04)
    outlines = [outline(rng, "blob" if i % 4 == 0 else "ellipse", reach * rng.uniform(0.6, 1.3)) for i in range(count)]
    _, organelles, depth = paint(rng, (h, w), outlines, places_of(rng, (h, w), count, False), ["flat"], 2, False)
    organelles = np.where((gap > width + 1), organelles, 0)
    near = np.where(np.isinf(depth), 9, depth)
    turn = rng.uniform(0, np.pi, count + 1)[organelles]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    folds = np.sin((x * np.cos(turn) + y * np.sin(turn)) * rng.uniform(0.6, 1.4) + 1.5 * smooth_noise(rng, (h, w), 5))
    inside = rng.uniform(0.35, 0.5) + 0.1 * folds - 0.2 * np.exp(-((1 - near) / 0.15) ** 2)
    image = np.where(organelles > 0, inside, image)
    vesicles, radius = int(rng.integers(0, 250)), max(2.2, size * rng.uniform(0.004, 0.01))
    rings = [outline(rng, "disc", radius * rng.uniform(0.8, 1.2)) for _ in range(vesicles)]
    spots = places_of(rng, (h, w), vesicles, True)
    _, small, far = paint(rng, (h, w), rings, spots, ["flat"], 1, False)
    small = np.where((organelles == 0) & (gap > width), small, 0)
    far = np.where(np.isinf(far), 9, far)
    image = np.where(small > 0, 0.75 - 0.4 * np.exp(-((1 - far) / 0.35) ** 2), image)
    parts = np.where(small > 0, small + count, organelles)
    return Scene(finished(rng, ndimage.gaussian_filter(image, 0.4)), labels.astype(np.int32), None, parts.astype(np.int32))

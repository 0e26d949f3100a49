"""Training crops at model scale: real label images and synthetic scenes, prepared as inference prepares them.

A Plane holds the picture after its display range (uint8, grey or RGB) with its labels in native pixels. A crop is
cut straight from it: the scale that brings the longest side to 1024 pixels, times a random factor, in one resize.
"""
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from PIL import Image
from scipy import ndimage
from torch.utils.data import IterableDataset

from scenes import KINDS, render
from model import INPUT_SIZE, MEAN, STD
from prompts import draw_prompts

# share of the crops drawn from each source; absent sources are left out and the rest renormalised
SHARES = {"nuclei": 0.28, "superalloy": 0.22, "meltpool": 0.17, "coating": 0.13, "synthetic": 0.20}


@dataclass
class Plane:
    image: Image.Image  # mode L or RGB
    labels: Image.Image  # mode I, 0 = background
    wholes: Optional[Image.Image] = None

    def __post_init__(self):
        self.numbers = np.unique(np.asarray(self.labels))  # the labels in use; sorting once, not per crop


def to_display_range(pixels):
    """8-bit values as they are; wider ones stretched so that 0.35 % of the pixels saturate (half at each end)."""
    if pixels.dtype == np.uint8:
        return pixels
    low, high = np.percentile(pixels, [0.175, 99.825])
    return np.clip((pixels.astype(np.float32) - low) / max(high - low, 1e-6) * 255, 0, 255).round().astype(np.uint8)


def read_micrograph(path):
    pixels = np.asarray(Image.open(path))
    if pixels.ndim == 3:
        pixels = pixels[..., :3]
    return Image.fromarray(to_display_range(pixels))


def read_labels(path):
    return np.asarray(Image.open(path)).astype(np.int32)


def pairs(folder):
    """(image path, mask path) by equal stem."""
    masks = {p.stem: p for p in (folder / "masks").iterdir()}
    return [(p, masks[p.stem]) for p in sorted((folder / "images").iterdir()) if p.stem in masks]


def read_planes(folder):
    return [Plane(read_micrograph(i), Image.fromarray(read_labels(m), mode="I")) for i, m in pairs(folder)]


def synthetic_planes(count, seed, size=640):
    planes = []
    kinds = list(KINDS)
    for i in range(count):
        scene = render(kinds[i % len(kinds)], np.random.default_rng([seed, i]), size, size)
        wholes = None if scene.wholes is None else Image.fromarray(scene.wholes.astype(np.int32), mode="I")
        image = Image.fromarray((scene.image * 255).round().astype(np.uint8))
        planes.append(Plane(image, Image.fromarray(scene.labels.astype(np.int32), mode="I"), wholes))
    return planes


def read_sources(data, synthetic, seed):
    """{name: planes} of DATA/<name>/train and of the generator."""
    sources = {}
    for name in SHARES:
        folder = Path(data) / name / "train" if data else None
        if folder and folder.is_dir():
            sources[name] = read_planes(folder)
    if synthetic:
        sources["synthetic"] = synthetic_planes(synthetic, seed)
    return sources


def normalise(values):
    """[H, W, 3] in 0..1 -> [3, H, W]."""
    return ((values - np.array(MEAN)) / np.array(STD)).transpose(2, 0, 1).astype(np.float32)


def cut(plane, rng, size):
    """A window of size x size pixels at (jittered) model scale around a random object: image, labels, wholes."""
    width, height = plane.image.size
    scale = INPUT_SIZE / max(width, height) * np.exp(rng.uniform(np.log(0.55), np.log(1.7)))
    span = size / scale  # native pixels
    labels = np.asarray(plane.labels)
    spot = np.argwhere(labels == plane.numbers[rng.integers(0, len(plane.numbers))])
    cy, cx = spot[rng.integers(0, len(spot))] + 0.5

    def start(centre, extent):
        wanted = centre - span * rng.uniform(0.15, 0.85)
        return float(np.clip(wanted, 0, max(0.0, extent - span)))

    x0, y0 = start(cx, width), start(cy, height)
    x1, y1 = min(width, x0 + span), min(height, y0 + span)
    shape = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    box = (x0, y0, x1, y1)
    image = np.asarray(plane.image.resize(shape, Image.BILINEAR, box=box)).astype(np.float32) / 255
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, 2)
    maps = [np.asarray(m.resize(shape, Image.NEAREST, box=box)) if m else None for m in (plane.labels, plane.wholes)]
    return image, maps[0], maps[1]


def vary_light(image, rng):
    """Exposure, contrast, gamma, inversion, tint, focus and noise."""
    if rng.random() < 0.15:
        image = 1 - image
    if rng.random() < 0.8:
        image = np.clip(image, 0, 1) ** np.exp(rng.normal(0, 0.3))
        middle = image.mean()
        image = (image - middle) * np.exp(rng.normal(0, 0.3)) + middle * np.exp(rng.normal(0, 0.25)) + rng.normal(0, 0.05)
    if rng.random() < 0.15:
        image = image * np.exp(rng.normal(0, 0.15, 3))
    elif rng.random() < 0.3:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.2:
        image = ndimage.gaussian_filter(image, (s := rng.uniform(0.4, 1.6), s, 0))
    if rng.random() < 0.4:
        noise = rng.standard_normal(image.shape[:2]) * rng.uniform(0.005, 0.06)
        image = image + noise[..., None]
    return np.clip(image, 0, 1)


def place(values, size, fill=0):
    """Pads at the right and the bottom to size x size (or trims a pixel of rounding)."""
    out = np.full((size, size, *values.shape[2:]), fill, values.dtype)
    h, w = min(size, values.shape[0]), min(size, values.shape[1])
    out[:h, :w] = values[:h, :w]
    return out


def make_crop(plane, rng, size, prompts):
    """One training example, or None where too little is in view."""
    image, labels, wholes = cut(plane, rng, size)
    image = vary_light(image, rng)
    normal = place(normalise(image).transpose(1, 2, 0), size)
    labels = place(labels, size)
    wholes = place(wholes, size) if wholes is not None else np.zeros_like(labels)
    turn, flip = rng.integers(0, 4), rng.random() < 0.5
    normal, labels, wholes = (np.rot90(a, turn) for a in (normal, labels, wholes))
    if flip:
        normal, labels, wholes = (a[:, ::-1] for a in (normal, labels, wholes))
    drawn = draw_prompts(np.ascontiguousarray(labels), np.ascontiguousarray(wholes), rng, prompts)
    if drawn is None:
        return None
    return {"image": np.ascontiguousarray(normal.transpose(2, 0, 1)), **drawn}


class Crops(IterableDataset):
    """Endless batches: `shapes` is a list of (crops, size) to choose from, so that some steps see more context."""

    def __init__(self, sources, shapes, prompts, seed):
        self.sources, self.shapes, self.prompts, self.seed = sources, shapes, prompts, seed

    def __iter__(self):
        rng = np.random.default_rng(self.seed)
        names = list(self.sources)
        shares = np.array([SHARES[n] for n in names])
        while True:
            crops, size = self.shapes[rng.integers(0, len(self.shapes))]
            batch = []
            while len(batch) < crops:
                planes = self.sources[names[rng.choice(len(names), p=shares / shares.sum())]]
                crop = make_crop(planes[rng.integers(0, len(planes))], rng, size, self.prompts)
                if crop is not None:
                    batch.append(crop)
            yield {k: np.stack([c[k] for c in batch]) for k in batch[0]}

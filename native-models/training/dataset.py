"""Training crops at model scale: real label images and synthetic scenes, prepared as inference prepares them.

A Plane holds the picture after its display range (uint8, grey or RGB) with its labels in native pixels. A crop is
cut straight from it, in one resize: at the scale that brings the longest side to 1024 pixels, times a random factor, or
as close to one object as the workbench goes when it encodes an object's surroundings anew.
"""
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from PIL import Image
from scipy import ndimage
from torch.utils.data import IterableDataset, get_worker_info

from scenes import KINDS, render_varied
from model import INPUT_SIZE, MEAN, STD
from prompts import draw_prompts

# share of the crops drawn from each source; absent sources are left out and the rest renormalised
SHARES = {"nuclei": 0.18, "superalloy": 0.14, "meltpool": 0.13, "coating": 0.13, "synthetic": 0.42}
LARGE = ("meltpool", "coating")  # sources of objects that a small crop shows in part only
LARGE_CROP = 384  # pixels from which those count double
CLOSE_UPS = 0.4  # share of the crops that are close to one object
CLOSEST = 8.0  # model pixels a native one, at most


@dataclass
class Plane:
    image: Image.Image  # mode L or RGB
    labels: Image.Image  # mode I, 0 = background
    wholes: Optional[Image.Image] = None
    parts: Optional[Image.Image] = None

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


def synthetic_planes(count, seed, folder, size=640):
    """Scenes of all kinds in turn; kept in `folder`, because making one takes a good part of a second."""
    planes = []
    kinds = list(KINDS)
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        kind = kinds[i % len(kinds)]
        path = folder / f"{kind}-{size}-{seed}-{i // len(kinds)}.npz"
        if not path.exists():
            scene = render_varied(kind, np.random.default_rng([seed, i // len(kinds), *kind.encode()]), size, size)
            levels = {k: v for k, v in vars(scene).items() if k != "image" and v is not None}
            part = path.with_suffix(".part.npz")
            np.savez_compressed(part, image=(scene.image * 255).round().astype(np.uint8), **levels)
            os.replace(part, path)
        with np.load(path) as scene:
            levels = {k: Image.fromarray(scene[k].astype(np.int32), mode="I") for k in scene.files if k != "image"}
            planes.append(Plane(Image.fromarray(scene["image"]), **levels))
    return planes


def read_sources(data, synthetic, seed, scenes):
    """{name: planes} of DATA/<name>/train and of the generator, whose pictures are kept in the folder `scenes`."""
    sources = {}
    for name in SHARES:
        folder = Path(data) / name / "train" if data else None
        if folder and folder.is_dir():
            sources[name] = read_planes(folder)
    if synthetic:
        sources["synthetic"] = synthetic_planes(synthetic, seed, scenes)
    return sources


def normalise(values):
    """[H, W, 3] in 0..1 -> [3, H, W]."""
    return ((values - np.array(MEAN)) / np.array(STD)).transpose(2, 0, 1).astype(np.float32)


def cut(plane, rng, size):
    """A window of size x size pixels around a random object: image, and its label maps."""
    width, height = plane.image.size
    labels = np.asarray(plane.labels)
    spot = np.argwhere(labels == plane.numbers[rng.integers(0, len(plane.numbers))])
    cy, cx = spot[rng.integers(0, len(spot))] + 0.5
    margin = 0.15
    scale = INPUT_SIZE / max(width, height) * np.exp(rng.uniform(np.log(0.55), np.log(1.7)))
    if rng.random() < CLOSE_UPS:
        cy, cx = (spot.min(0) + spot.max(0) + 1) / 2
        margin = 0.35
        extent = float((spot.max(0) - spot.min(0)).max() + 1)
        scale = min(max(scale, size * rng.uniform(0.12, 0.45) / extent), CLOSEST)
    span = size / scale  # native pixels

    def start(centre, extent):
        wanted = centre - span * rng.uniform(margin, 1 - margin)
        return float(np.clip(wanted, 0, max(0.0, extent - span)))

    x0, y0 = start(cx, width), start(cy, height)
    x1, y1 = min(width, x0 + span), min(height, y0 + span)
    shape = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    box = (x0, y0, x1, y1)
    image = np.asarray(plane.image.resize(shape, Image.BILINEAR, box=box)).astype(np.float32) / 255
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, 2)
    levels = (plane.labels, plane.wholes, plane.parts)
    return image, [np.asarray(m.resize(shape, Image.NEAREST, box=box)) for m in levels if m]


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
    image, levels = cut(plane, rng, size)
    image = vary_light(image, rng)
    maps = [place(normalise(image).transpose(1, 2, 0), size), *(place(level, size) for level in levels)]
    turn, flip = rng.integers(0, 4), rng.random() < 0.5
    maps = [np.rot90(m, turn) for m in maps]
    normal, *levels = (m[:, ::-1] if flip else m for m in maps)
    drawn = draw_prompts([np.ascontiguousarray(level) for level in levels], rng, prompts)
    if drawn is None:
        return None
    return {"image": np.ascontiguousarray(normal.transpose(2, 0, 1)), **drawn}


class Crops(IterableDataset):
    """Endless batches: `shapes` is a list of (crops, size) to choose from, so that some steps see more context."""

    def __init__(self, sources, shapes, prompts, seed):
        self.sources, self.shapes, self.prompts, self.seed = sources, shapes, prompts, seed

    def __iter__(self):
        worker = get_worker_info()
        rng = np.random.default_rng([*self.seed, worker.id if worker else 0])
        names = list(self.sources)
        while True:
            crops, size = self.shapes[rng.integers(0, len(self.shapes))]
            shares = np.array([SHARES[n] * (2 if size >= LARGE_CROP and n in LARGE else 1) for n in names])
            batch = []
            while len(batch) < crops:
                planes = self.sources[names[rng.choice(len(names), p=shares / shares.sum())]]
                crop = make_crop(planes[rng.integers(0, len(planes))], rng, size, self.prompts)
                if crop is not None:
                    batch.append(crop)
            yield {k: np.stack([c[k] for c in batch]) for k in batch[0]}

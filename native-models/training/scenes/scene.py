"""What every kind of scene is made with: the scene itself, random fields, seeds and their cells.

A kind is a function (rng, height, width) -> Scene. Sizes are drawn relative to min(height, width), so a small scene
shows the same picture with fewer pixels. All randomness comes from `rng`.
"""
from dataclasses import dataclass
from typing import Optional

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree


@dataclass
class Scene:
    """A picture and what is in it, at up to three granularities: the same pixel may belong to one object of each."""

    image: np.ndarray  # float32 [H, W] or [H, W, 3] in 0..1
    labels: np.ndarray  # int32 [H, W], 0 background, 1..n objects: what is visible of each, without overlap
    wholes: Optional[np.ndarray] = None  # larger things that hold several objects (a cell, a colony, a layer)
    parts: Optional[np.ndarray] = None  # smaller things within objects (a twin, a core, a nucleolus)


def tidied(labels, smallest=8):
    """Numbers the objects 1..n; crumbs go: pieces under `smallest` pixels or under 3 % of their object."""
    out, count = np.zeros_like(labels), 0
    for number, window in enumerate(ndimage.find_objects(labels), 1):
        if window is None:
            continue
        mask = labels[window] == number
        pieces, n = ndimage.label(mask, np.ones((3, 3)))
        areas = np.bincount(pieces.ravel())
        areas[0] = 0
        kept = areas >= max(smallest, 0.03 * areas.sum())
        if kept.any():
            count += 1
            out[window][kept[pieces]] = count
    return out


def smooth_noise(rng, shape, sigma):
    """Gaussian random field, mean 0, deviation 1, correlated over about `sigma` pixels; coarse fields are cheap."""
    step = max(1, int(sigma // 3))
    small = rng.standard_normal((shape[0] // step + 3, shape[1] // step + 3))
    field = ndimage.gaussian_filter(small, sigma / step, mode="wrap")
    if step > 1:
        field = ndimage.zoom(field, step, order=1)
    field = field[: shape[0], : shape[1]]
    return ((field - field.mean()) / (field.std() + 1e-9)).astype(np.float32)


def finish(rng, image, blur=0.8, noise=0.02, grain=0.0):
    """Optics and detector: blur (pixels), white noise and correlated noise (of 0..1)."""
    sigma = (blur, blur) + (0,) * (image.ndim - 2)
    image = ndimage.gaussian_filter(image, sigma)
    image = image + rng.standard_normal(image.shape) * noise
    if grain:
        field = smooth_noise(rng, image.shape[:2], 2.0) * grain
        image = image + (field if image.ndim == 2 else field[..., None])
    return np.clip(image, 0, 1).astype(np.float32)


def finished(rng, image):
    """`finish` with an instrument drawn by chance."""
    return finish(rng, image, rng.uniform(0.5, 1.4), rng.uniform(0.008, 0.04), rng.uniform(0, 0.02))


def warped_grid(rng, shape, amplitude, sigma):
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return y + smooth_noise(rng, shape, sigma) * amplitude, x + smooth_noise(rng, shape, sigma) * amplitude


def scattered(rng, shape, spacing, jitter=0.42):
    """Seed points on a jittered grid, `spacing` pixels apart, reaching past the border."""
    ys = np.arange(-spacing, shape[0] + spacing, spacing)
    xs = np.arange(-spacing, shape[1] + spacing, spacing)
    points = np.stack(np.meshgrid(ys, xs, indexing="ij"), -1).reshape(-1, 2).astype(np.float64)
    return points + rng.uniform(-jitter, jitter, points.shape) * spacing


def voronoi(points, y, x):
    """Index of the nearest seed per pixel, and the gap (pixels) between the two nearest: 0 on a boundary."""
    distance, index = cKDTree(points).query(np.stack([y.ravel(), x.ravel()], 1), k=2)
    return index[:, 0].reshape(y.shape), (distance[:, 1] - distance[:, 0]).reshape(y.shape)

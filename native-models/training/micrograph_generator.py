"""Synthetic micrographs with exact labels.

`render(kind, rng, height, width)` gives a Scene:
    image   float32 [H, W] or [H, W, 3] in 0..1
    labels  int32 [H, W], 0 background, 1..n objects (visible part, no overlap)
    wholes  int32 [H, W] or None: larger objects that hold several parts (cell around a nucleus, layer around
            its cracks); the same pixel then belongs to a part and to a whole, which is the ambiguity of a click
Sizes are drawn relative to min(H, W), so a small scene shows the same picture with fewer pixels.
"""
from dataclasses import dataclass
from typing import Optional

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree


@dataclass
class Scene:
    image: np.ndarray
    labels: np.ndarray
    wholes: Optional[np.ndarray] = None


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


def grains(rng, h, w):
    """Etched polycrystal: flat-toned grains, dark boundaries, annealing twins across some grains."""
    size = min(h, w)
    y, x = warped_grid(rng, (h, w), size * rng.uniform(0.002, 0.01), size * 0.03)
    points = scattered(rng, (h, w), size * rng.uniform(0.07, 0.17))
    index, gap = voronoi(points, y, x)
    tone = np.clip(rng.normal(0.62, rng.choice([0.03, 0.12]), len(points)), 0.2, 0.95)
    image = tone[index]
    slope = rng.uniform(-np.pi, np.pi, len(points))
    across = x * np.cos(slope)[index] + y * np.sin(slope)[index]
    twin = (np.sin(across / (size * 0.012)) > 0.75) & (rng.random(len(points)) < 0.3)[index]
    image = image - 0.08 * twin
    width = rng.uniform(1.5, 3.5)
    image = image - rng.uniform(0.25, 0.5) * np.exp(-((gap / width) ** 2))
    image += 0.015 * smooth_noise(rng, (h, w), size * 0.2)
    labels = (index + 1) * (gap > width * 0.7)
    return Scene(finish(rng, image, 0.8, 0.02), labels.astype(np.int32))


def precipitates(rng, h, w):
    """Gamma/gamma-prime: rounded cuboids in channels of matrix, fine tertiary particles between them."""
    size = min(h, w)
    spacing = size * rng.uniform(0.06, 0.13)
    y, x = warped_grid(rng, (h, w), size * 0.006, size * 0.025)
    angle = rng.uniform(0, np.pi / 2)
    points = scattered(rng, (h, w), spacing, rng.uniform(0.2, 0.4))
    index, gap = voronoi(points, y, x)
    dy, dx = y - points[index, 0], x - points[index, 1]
    u, v = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    radius = spacing * rng.uniform(0.3, 0.52, len(points))[index]
    p = rng.uniform(2.2, 4.5)
    inside = (np.abs(u) ** p + np.abs(v) ** p) ** (1 / p) + smooth_noise(rng, (h, w), size * 0.012) * spacing * 0.03
    channel = spacing * rng.uniform(0.06, 0.12)
    labels = np.where((inside < radius) & (gap > channel), index + 1, 0)
    matrix = ndimage.distance_transform_edt(labels == 0)
    candidates = np.argwhere(matrix > size * 0.012)
    tertiary = np.zeros((h, w), bool)
    if len(candidates):
        chosen = candidates[rng.integers(0, len(candidates), int(len(candidates) / (size * 0.02) ** 2) + 1)]
        seeds = np.ones((h, w), bool)
        seeds[tuple(chosen.T)] = False
        tertiary = ndimage.distance_transform_edt(seeds) < size * rng.uniform(0.003, 0.006)
    small, _ = ndimage.label(tertiary)
    labels = np.where(small > 0, small + labels.max(), labels)
    bright = rng.choice([-1.0, 1.0]) * rng.uniform(0.12, 0.3)
    image = 0.5 + bright * (labels > 0) + 0.5 * abs(bright) * np.exp(-((matrix / (0.008 * size)) ** 2)) * (labels == 0)
    image += 0.02 * smooth_noise(rng, (h, w), size * 0.15)
    return Scene(finish(rng, image, 1.2, 0.025, 0.015), labels.astype(np.int32))


def paint_spheres(rng, shape, radii):
    """Paints spheres back to front: shading in 0..1 (nan where empty) and labels of what stays visible."""
    h, w = shape
    shade, labels = np.full(shape, np.nan, np.float32), np.zeros(shape, np.int32)
    for number, r in enumerate(radii, 1):
        cy, cx = rng.uniform(-0.3 * r, h + 0.3 * r), rng.uniform(-0.3 * r, w + 0.3 * r)
        y0, y1 = max(0, int(cy - r)), min(h, int(cy + r) + 2)
        x0, x1 = max(0, int(cx - r)), min(w, int(cx + r) + 2)
        if y0 >= y1 or x0 >= x1:
            continue
        yy, xx = np.mgrid[y0:y1, x0:x1]
        ry, rx = (yy - cy) / r, (xx - cx) / r
        d2 = ry * ry + rx * rx
        disc = d2 < 1
        z = np.sqrt(np.clip(1 - d2, 0, 1))
        light = 0.35 + 0.25 * z + 0.35 * (1 - z) ** 2 - 0.12 * ry
        shade[y0:y1, x0:x1][disc] = light[disc] * rng.uniform(0.85, 1.1)
        labels[y0:y1, x0:x1][disc] = number
    return shade, labels


def powder(rng, h, w):
    """Atomised powder in an SEM: shaded spheres with satellites, bright rims, dark tape behind."""
    size = min(h, w)
    big = size * np.exp(rng.normal(np.log(rng.uniform(0.04, 0.08)), 0.35, int(rng.integers(40, 110))))
    shade, labels = paint_spheres(rng, (h, w), np.clip(big, size * 0.012, size * 0.18))
    surface = 1 + 0.05 * smooth_noise(rng, (h, w), size * 0.006)
    image = np.where(np.isnan(shade), 0.12 + 0.02 * smooth_noise(rng, (h, w), size * 0.05), shade * surface)
    return Scene(finish(rng, image, 0.8, 0.03), labels)


def nuclei(rng, h, w):
    """Fluorescence: elliptic nuclei, some touching, in dim cytoplasm; the cell is the whole of its nucleus."""
    size = min(h, w)
    points = scattered(rng, (h, w), size * rng.uniform(0.07, 0.13), 0.5)
    points = points[rng.random(len(points)) < rng.uniform(0.4, 0.95)]
    labels, cells = np.zeros((h, w), np.int32), np.zeros((h, w), np.int32)
    signal, cytoplasm = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    mean_radius = size * rng.uniform(0.02, 0.04)
    texture = 1 + 0.16 * smooth_noise(rng, (h, w), mean_radius * 0.3)
    for number, (cy, cx) in enumerate(points, 1):
        a = mean_radius * rng.uniform(0.75, 1.35)
        b, turn, reach = a * rng.uniform(0.55, 1.0), rng.uniform(0, np.pi), int(a * 3.2)
        y0, y1 = max(0, int(cy) - reach), min(h, int(cy) + reach)
        x0, x1 = max(0, int(cx) - reach), min(w, int(cx) + reach)
        if y0 >= y1 or x0 >= x1:
            continue
        yy, xx = np.mgrid[y0:y1, x0:x1]
        dy, dx = yy - cy, xx - cx
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        lobe = 1 + 0.08 * np.sin(2 * np.arctan2(v, u) + rng.uniform(0, 6)) + 0.05 * np.sin(3 * np.arctan2(v, u))
        r = np.sqrt((u / a) ** 2 + (v / b) ** 2) / lobe
        free = labels[y0:y1, x0:x1] == 0
        labels[y0:y1, x0:x1][(r < 1) & free] = number
        around = (np.sqrt((u / (a * 1.9)) ** 2 + (v / (b * 2.2)) ** 2) < 1) & (cells[y0:y1, x0:x1] == 0)
        cells[y0:y1, x0:x1][around] = number
        glow = np.clip((1.06 - r) / 0.22, 0, 1) * rng.uniform(0.35, 1.0)
        signal[y0:y1, x0:x1] = np.maximum(signal[y0:y1, x0:x1], glow)
        cytoplasm[y0:y1, x0:x1][around] = rng.uniform(0.5, 1)
    cells = np.where(labels > 0, labels, cells)
    body = rng.choice([0.0, 0.12, 0.2])
    cytoplasm = ndimage.gaussian_filter(cytoplasm, size * 0.004) * (1 + 0.2 * smooth_noise(rng, (h, w), size * 0.006))
    image = 0.04 + rng.uniform(0.4, 0.85) * signal * texture + body * cytoplasm
    image += 0.015 * smooth_noise(rng, (h, w), size * 0.2)
    return Scene(finish(rng, image, 1.0, 0.015), labels, cells if body else None)


def coating(rng, h, w):
    """Cross-section: resin, porous top coat, oxide layer with vertical cracks, substrate; layers are wholes."""
    size = min(h, w)
    def interface(level, amplitude):
        line = smooth_noise(rng, (8, w), size * 0.08)[4] + 0.4 * smooth_noise(rng, (8, w), size * 0.015)[4]
        return level * h + line * amplitude * size
    resin, bond = interface(rng.uniform(0.1, 0.2), 0.012), interface(rng.uniform(0.45, 0.58), 0.012)
    base = np.maximum(bond + size * 0.06, interface(rng.uniform(0.66, 0.8), 0.008))
    y = np.arange(h)[:, None]
    layer = (y > resin[None]).astype(int) + (y > bond[None]) + (y > base[None])
    tone = np.array([0.1, rng.uniform(0.7, 0.9), rng.uniform(0.4, 0.52), rng.uniform(0.22, 0.34)])
    image = tone[layer] + 0.02 * smooth_noise(rng, (h, w), size * 0.01) * (layer > 0)
    squash = smooth_noise(rng, (h, w), size * 0.012) + 0.7 * ndimage.zoom(
        smooth_noise(rng, (h // 3 + 2, w), size * 0.015), (3, 1), order=1)[:h, :w]
    pores = (squash > rng.uniform(2.1, 2.6)) & (layer == 1)
    pores = ndimage.binary_opening(pores, iterations=1)
    cracks = np.zeros((h, w), bool)
    for _ in range(int(rng.integers(3, 9))):
        cx, top = rng.uniform(0, w), int(bond[int(rng.integers(0, w))])
        width = rng.uniform(0.0012, 0.004) * size
        bottom = int(base.mean() + size * 0.02)
        path = cx + np.cumsum(rng.normal(0, 0.8, max(1, bottom - top)))
        for yy, xx in zip(range(top, bottom), path):
            if 0 <= yy < h:
                cracks[yy, max(0, int(xx - width)): max(0, int(xx + width) + 1)] = True
    cracks &= layer == 2
    image = np.where(pores | cracks, 0.06, image)
    pore_labels, n = ndimage.label(pores)
    crack_labels, m = ndimage.label(cracks)
    labels = pore_labels + np.where(crack_labels > 0, crack_labels + n, 0)
    pieces, _ = ndimage.label((layer == 2) & ~cracks)
    labels = np.where(pieces > 0, pieces + n + m, labels)
    return Scene(finish(rng, image, 0.7, 0.025), labels.astype(np.int32), layer.astype(np.int32))


def fibres(rng, h, w):
    """Composite: crossing glass fibres as shaded bands, later ones on top; each visible fibre is an object."""
    size = min(h, w)
    image = 0.12 + 0.03 * smooth_noise(rng, (h, w), size * 0.08)
    labels = np.zeros((h, w), np.int32)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    for number in range(1, int(rng.integers(14, 34))):
        angle, radius = rng.uniform(0, np.pi), size * rng.uniform(0.008, 0.024)
        u = (x - rng.uniform(0, w)) * np.cos(angle) + (y - rng.uniform(0, h)) * np.sin(angle)
        v = (y - h / 2) * np.cos(angle) - (x - w / 2) * np.sin(angle)
        bend = rng.uniform(-0.08, 0.08) * size * np.sin(v / size * rng.uniform(1, 4) + rng.uniform(0, 6))
        t = (u + bend) / radius
        on = np.abs(t) < 1
        image = np.where(np.abs(t) < 1.35, image * 0.72, image)
        profile = 0.28 + 0.45 * np.sqrt(np.clip(1 - t * t, 0, 1)) + 0.12 * np.exp(-((t + 0.35) / 0.2) ** 2)
        image = np.where(on, profile * rng.uniform(0.8, 1.15), image)
        labels[on] = number
    return Scene(finish(rng, image, 0.8, 0.025), labels)


KINDS = {"grains": grains, "precipitates": precipitates, "powder": powder,
         "nuclei": nuclei, "coating": coating, "fibres": fibres}


def render(kind, rng, height, width):
    return KINDS[kind](rng, height, width)

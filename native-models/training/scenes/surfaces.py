"""Regions without a fixed form: pits, stains, islands of a second phase."""
import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finished, smooth_noise
from scenes.texture import surface


def above(field, share):
    """The highest `share` of a field."""
    return field > np.quantile(field[::4, ::4], 1 - share)


def pits(rng, h, w):
    """Corrosion: dark ragged pits in a brushed or rough metal, some with a bright edge, some in a stain (their whole)."""
    size = min(h, w)
    field = smooth_noise(rng, (h, w), size * np.exp(rng.uniform(np.log(0.006), np.log(0.04))))
    field = field + rng.uniform(0.1, 0.4) * smooth_noise(rng, (h, w), size * 0.004)
    clusters = smooth_noise(rng, (h, w), size * 0.15)
    hole = ndimage.binary_opening(above(field + rng.uniform(0, 1) * clusters, rng.uniform(0.02, 0.2)))
    labels, _ = ndimage.label(hole)
    image = rng.uniform(0.5, 0.75) + rng.uniform(0.01, 0.07) * surface(rng, (h, w))
    wholes = None
    if rng.random() < 0.4:
        stain = above(clusters + 0.1 * field, rng.uniform(0.1, 0.4))
        depth = ndimage.distance_transform_edt(stain)
        rings = 0.5 + 0.5 * np.cos(depth / rng.uniform(4, 14)) * np.exp(-depth / 40)
        image = image - stain * rng.uniform(0.1, 0.25) * (0.5 + rings)
        wholes, _ = ndimage.label(stain | (hole & ndimage.binary_dilation(stain)))
    depth = ndimage.distance_transform_edt(hole)
    floor = rng.uniform(0.05, 0.25) + 0.1 * surface(rng, (h, w)) * (depth > 2)
    image = np.where(hole, floor + rng.uniform(0, 0.3) * np.exp(-depth / rng.uniform(1.5, 5)), image)
    if rng.random() < 0.5:
        away = ndimage.distance_transform_edt(~hole)
        image = image + rng.uniform(0.1, 0.3) * np.exp(-(away / 2.0) ** 2) * ~hole
    return Scene(finished(rng, image), labels.astype(np.int32), None if wholes is None else wholes.astype(np.int32))


def islands(rng, h, w):
    """Islands of any smooth or ragged form, told from the matrix by tone, by texture or by both; some drawn out."""
    size = min(h, w)
    stretch = rng.uniform(1, 5) if rng.random() < 0.4 else 1.0
    scale = size * np.exp(rng.uniform(np.log(0.008), np.log(0.09)))
    narrow = smooth_noise(rng, (int(h * stretch) + 1, w), scale)
    field = ndimage.zoom(narrow, (h / narrow.shape[0], 1), order=1)[:h, :w] if stretch > 1 else narrow[:h]
    field = np.pad(field, ((0, h - field.shape[0]), (0, 0)), mode="edge")
    field = field + rng.uniform(0, 0.25) * smooth_noise(rng, (h, w), scale * 0.3)
    if rng.random() < 0.3:
        field = np.abs(field)
    on = above(field, rng.uniform(0.06, 0.35))
    labels, _ = ndimage.label(on)
    contrast = rng.choice([-1, 1]) * rng.uniform(0.08, 0.4)
    matrix, inside = (rng.uniform(0.01, 0.06) * surface(rng, (h, w)) for _ in range(2))
    if abs(contrast) < 0.15:
        inside = inside + 0.1 * smooth_noise(rng, (h, w), rng.uniform(1.0, 2.5))
    image = rng.uniform(0.4, 0.6) + contrast * (on - 0.5) + np.where(on, inside, matrix)
    if rng.random() < 0.4:
        edge = np.abs(ndimage.gaussian_filter(on.astype(np.float32), 1.0) - 0.5)
        image = image + rng.choice([-1, 1]) * rng.uniform(0.1, 0.3) * np.exp(-(edge / 0.2) ** 2)
    turned = rng.random() < 0.5 and h == w
    image, labels = (image.T, labels.T) if turned else (image, labels)
    return Scene(finished(rng, np.ascontiguousarray(image)), np.ascontiguousarray(labels).astype(np.int32))

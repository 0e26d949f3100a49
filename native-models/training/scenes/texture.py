"""Surfaces of materials, as random fields."""
import numpy as np
from scipy import ndimage

from scenes.scene import smooth_noise


def surface(rng, shape):
    """A field of mean 0 and deviation 1 like the surface of some material: flat, rough, fractal, brushed or spotted."""
    scale = max(1.0, min(shape) * np.exp(rng.uniform(np.log(0.002), np.log(0.05))))
    kind = rng.choice(["flat", "rough", "fractal", "brushed", "ridged", "spotted"])
    if kind == "flat":
        return np.zeros(shape, np.float32)
    if kind == "brushed":
        field = ndimage.uniform_filter1d(smooth_noise(rng, shape, 1.0), int(min(shape) * rng.uniform(0.03, 0.2)) + 2,
                                         axis=int(rng.integers(0, 2)))
    elif kind == "fractal":
        field = sum(smooth_noise(rng, shape, scale * 2 ** k) * 1.4 ** k for k in range(4))
    else:
        field = smooth_noise(rng, shape, scale)
        if kind == "ridged":
            field = -np.abs(field)
        elif kind == "spotted":
            field = np.clip(field - 1.2, 0, None) * rng.choice([-1, 1])
    return ((field - field.mean()) / (field.std() + 1e-9)).astype(np.float32)

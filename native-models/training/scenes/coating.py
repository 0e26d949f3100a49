import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finish, smooth_noise


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

import numpy as np

from scenes.scene import Scene, finish, smooth_noise


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

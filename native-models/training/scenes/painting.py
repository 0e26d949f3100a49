"""Painting of separate things: an outline, a look, one after the other onto the plane."""
import numpy as np

from scenes.scene import smooth_noise


def outline(rng, shape, radius):
    """A random outline: function of (u, v), pixels from the centre, that is below 1 inside; and its reach in pixels.

    shape: disc, ellipse, box (superellipse), facets (convex polygon), rod (capsule), spindle (bent, pointed), blob (lobed).
    """
    turn, ratio = rng.uniform(0, np.pi), rng.uniform(0.5, 1.0)
    cos, sin = np.cos(turn), np.sin(turn)
    if shape == "rod":
        length, half = radius * rng.uniform(1.5, 5.0), radius * rng.uniform(0.3, 0.6)

        def inside(u, v):
            a, b = u * cos + v * sin, v * cos - u * sin
            return np.hypot(np.maximum(np.abs(a) - length, 0), b) / half
        return inside, length + half
    if shape == "spindle":
        length, half, bend = radius * rng.uniform(1.5, 3.5), radius * rng.uniform(0.35, 0.7), radius * rng.normal(0, 0.5)

        def inside(u, v):
            a, b = (u * cos + v * sin) / length, v * cos - u * sin
            wide = half * np.clip(1 - np.abs(a), 0, 1) ** 0.8 + 1e-3
            return np.maximum(np.abs(a), np.abs(b - bend * (a * a - 0.3)) / wide)
        return inside, length + half + abs(bend)
    if shape == "facets":
        count = int(rng.integers(5, 9))
        angles = np.sort(rng.uniform(0, 2 * np.pi, count)) + turn
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False) * 0.75 + angles * 0.25
        reach = radius * rng.uniform(0.7, 1.0, count)

        def inside(u, v):
            out = np.hypot(u, v) / (2.1 * radius)
            for angle, r in zip(angles, reach):
                out = np.maximum(out, (u * np.cos(angle) + v * np.sin(angle)) / r)
            return out
        return inside, radius * 2.2
    if shape == "disc":
        ratio = rng.uniform(0.9, 1.0)
    power = rng.uniform(2.5, 6.0) if shape == "box" else 2.0
    lobes = [(k, rng.normal(0, 0.5 / k), rng.uniform(0, 6)) for k in range(2, 7)] if shape == "blob" else []

    def inside(u, v):
        a, b = u * cos + v * sin, (v * cos - u * sin) / ratio
        r = (np.abs(a) ** power + np.abs(b) ** power) ** (1 / power) / radius
        if lobes:
            angle = np.arctan2(b, a)
            r = r / (1 + 0.45 * sum(height * np.cos(k * angle + phase) for k, height, phase in lobes))
        return r
    return inside, radius * (2.2 if lobes else 1.5)


def look(rng, style, r, u, v, texture):
    """Brightness 0..1 of the pixels of one thing; r is 0 at its middle and 1 at its border, u and v run right and down."""
    tone = rng.uniform(0.75, 1.0)
    if style == "faces":  # flat faces around a middle one, each lit on its own
        count = int(rng.integers(3, 7))
        angle = np.arctan2(v + rng.normal(0, 0.1), u + rng.normal(0, 0.1)) + rng.uniform(0, 2 * np.pi)
        face = np.where(r < rng.choice([0.0, 0.45, 0.65]), count, (angle / (2 * np.pi) * count).astype(int) % count)
        return tone * rng.uniform(0.35, 1.0, count + 1)[face] + 0.5 * texture
    if style == "sphere":
        z = np.sqrt(np.clip(1 - r * r, 0, 1))
        return tone * (0.35 + 0.45 * z + 0.25 * (1 - z) ** 2 - 0.1 * v)
    if style == "rim":
        return tone * (0.35 + 0.65 * np.exp(-((1 - r) / 0.16) ** 2))
    if style == "dome":
        return tone * np.clip((1.1 - r) / 0.5, 0.15, 1)
    return tone * (0.85 + texture)  # flat


def patch(shape, inside, reach, centre):
    """Where a thing meets the plane: its window, and there relative radius r and offsets (u, v); None if it misses."""
    cy, cx = centre
    y0, y1 = max(0, int(cy - reach)), min(shape[0], int(cy + reach) + 2)
    x0, x1 = max(0, int(cx - reach)), min(shape[1], int(cx + reach) + 2)
    if y0 >= y1 or x0 >= x1:
        return None
    v, u = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    u, v = u - np.float32(cx), v - np.float32(cy)
    return np.s_[y0:y1, x0:x1], inside(u, v).astype(np.float32), u, v


def paint(rng, shape, outlines, places, styles, gap=0.0, overlap=True):
    """Paints things at places (y, x) -> brightness [H, W] (nan where none), labels, relative radius r at each pixel.

    Without `overlap` a later thing leaves alone what an earlier one took, and `gap` pixels around it.
    """
    bright = np.full(shape, np.nan, np.float32)
    labels, depth = np.zeros(shape, np.int32), np.full(shape, np.inf, np.float32)
    texture = 0.12 * smooth_noise(rng, shape, max(2.0, min(shape) * rng.uniform(0.003, 0.01)))
    for number, ((inside, reach), centre) in enumerate(zip(outlines, places), 1):
        found = patch(shape, inside, reach, centre)
        if found is None:
            continue
        window, r, u, v = found
        on = r < 1
        if not overlap:
            near = r < 1 + gap / max(reach, 1.0) * 2
            if (labels[window][near] > 0).any():
                continue
        style = styles[rng.integers(0, len(styles))]
        value = look(rng, style, r, u / max(reach, 1.0), v / max(reach, 1.0), texture[window])
        bright[window][on] = value[on]
        labels[window][on] = number
        depth[window][on] = r[on]
    return bright, labels, depth

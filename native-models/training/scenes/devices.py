import numpy as np

from scenes.scene import Scene, finished, smooth_noise
from scenes.texture import surface


def devices(rng, h, w):
    """Made structures: rows of lines, pads, holes or pillars on a grid, with bright edges as an SEM shows them."""
    size = min(h, w)
    pitch_x, pitch_y = size * np.exp(rng.uniform(np.log(0.04), np.log(0.25), 2))
    shape = rng.choice(["disc", "box", "line"])
    if shape == "line":
        pitch_y = 40 * h
    elif rng.random() < 0.6:
        pitch_y = pitch_x
    y, x = np.mgrid[:h, :w].astype(np.float32)
    turn = rng.choice([0.0, np.pi / 2, rng.normal(0, 0.05), rng.uniform(0, np.pi)])
    u, v = x * np.cos(turn) + y * np.sin(turn) + 3 * w, y * np.cos(turn) - x * np.sin(turn) + 3 * h
    row = np.floor(v / pitch_y).astype(int)
    u = u + (row % 2) * pitch_x / 2 * (rng.random() < 0.3)
    column = np.floor(u / pitch_x).astype(int)
    du, dv = u - (column + 0.5) * pitch_x, v - (row + 0.5) * pitch_y
    fill_u, fill_v = rng.uniform(0.25, 0.42), rng.uniform(0.25, 0.42)
    edge = smooth_noise(rng, (h, w), rng.uniform(2, 8)) * rng.uniform(0, 0.8)
    if shape == "disc":
        far = np.hypot(du, dv) - min(pitch_x, pitch_y) * fill_u
    elif shape == "line":
        far = np.abs(du) - pitch_x * fill_u
    else:
        corner = min(pitch_x, pitch_y) * rng.uniform(0.02, 0.2)
        far = np.hypot(np.maximum(np.abs(du) - pitch_x * fill_u + corner, 0),
                       np.maximum(np.abs(dv) - pitch_y * fill_v + corner, 0)) - corner
    far = far + edge
    number = row * (column.max() + 1) + column
    there = (rng.random(int(number.max()) + 1) < rng.choice([1.0, 0.85]))[number]
    on = (far < 0) & there
    if not on.any():
        on = far < 0
    contrast = rng.choice([-1, 1]) * rng.uniform(0.05, 0.4)
    image = rng.uniform(0.3, 0.6) + contrast * on + rng.uniform(0.1, 0.4) * np.exp(-(far / rng.uniform(1.2, 3)) ** 2) * there
    image = image + rng.uniform(0.005, 0.04) * surface(rng, (h, w))
    return Scene(finished(rng, image), np.where(on, number + 1, 0).astype(np.int32))

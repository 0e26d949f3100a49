import numpy as np
from scipy import ndimage

from scenes.scene import Scene, finished, smooth_noise
from scenes.tessellation import power_cells
from scenes.texture import surface


def dendrites(rng, h, w):
    """A cast alloy: dendrites grown against each other, four trunks with side arms each; the arms are parts."""
    size = min(h, w)
    spacing = size * np.exp(rng.uniform(np.log(0.15), np.log(0.5)))
    index, edge, seeds = power_cells(rng, h, w, spacing, 0.4, 0.004)
    count = len(seeds)
    pitch = spacing * rng.uniform(0.07, 0.14)
    turn = rng.uniform(0, np.pi) + rng.normal(0, rng.choice([0.06, 1.0]), count)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    bend = pitch * 0.12
    dy = y - seeds[index, 0] + smooth_noise(rng, (h, w), pitch) * bend
    dx = x - seeds[index, 1] + smooth_noise(rng, (h, w), pitch) * bend
    a = dx * np.cos(turn)[index] + dy * np.sin(turn)[index]
    b = dy * np.cos(turn)[index] - dx * np.sin(turn)[index]
    along = np.where(np.abs(a) > np.abs(b), a, b)
    across = np.where(np.abs(a) > np.abs(b), b, a)
    sector = (np.abs(a) > np.abs(b)) * 2 + (along > 0)
    step = np.abs(along) / pitch
    arm = np.clip(step.astype(int), 0, 63)
    side = (across > 0).astype(int)
    longest = rng.uniform(0.35, 1.0, (count, 4, 64, 2))[index, sector, arm, side]
    reach = np.abs(along) * longest + pitch * 0.3
    duty = rng.uniform(0.55, 0.8)
    wide = duty * np.sqrt(np.clip(1 - (np.abs(across) / reach) ** 3, 0, 1))
    comb = (np.abs(step % 1 - 0.5) * 2 < wide) & (np.abs(across) < reach)
    trunk = np.abs(across) < pitch * rng.uniform(0.2, 0.35)
    solid = ndimage.gaussian_filter(((comb | trunk) & (edge > 1)).astype(np.float32), pitch * 0.12)
    on = solid > 0.5
    labels = np.where(on, index + 1, 0)
    arms, _ = ndimage.label(on & ~trunk)
    core = np.clip(ndimage.gaussian_filter(on.astype(np.float32), pitch * rng.uniform(0.1, 0.4)), 0, 1) * on
    between = rng.uniform(0, 0.08) * surface(rng, (h, w)) * ~on
    image = rng.uniform(0.35, 0.6) + rng.choice([-1, 1]) * rng.uniform(0.15, 0.4) * (core - 0.5) + between
    image = image + rng.normal(0, rng.uniform(0, 0.06), count)[index] * on
    return Scene(finished(rng, image), labels.astype(np.int32), None, arms.astype(np.int32))

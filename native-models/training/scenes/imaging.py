"""What an instrument does to a picture. Each effect comes by chance; most pictures get a few."""
import io

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from scenes.scene import smooth_noise


def defocus(rng, image):
    sigma = rng.uniform(0.5, 2.0)
    return ndimage.gaussian_filter(image, (sigma, sigma) + (0,) * (image.ndim - 2))


def shot_noise(rng, image):
    dose = np.exp(rng.uniform(np.log(15), np.log(400)))  # quanta of a white pixel
    return rng.poisson(np.clip(image, 0, 1) * dose) / dose


def readout_noise(rng, image):
    noise = rng.standard_normal(image.shape[:2]) * rng.uniform(0.01, 0.06)
    return image + (noise if image.ndim == 2 else noise[..., None])


def over_plane(image, field):
    return field if image.ndim == 2 else field[..., None]


def scan_lines(rng, image):
    lines = rng.standard_normal(image.shape[0]) * rng.uniform(0.01, 0.04)
    return image + lines.reshape(-1, *[1] * (image.ndim - 1))


def charging(rng, image):
    streaks = ndimage.gaussian_filter1d((image if image.ndim == 2 else image.mean(2)) > 0.8, 30.0, axis=1, output=np.float32)
    return image + over_plane(image, streaks * rng.uniform(0.1, 0.4))


def curtaining(rng, image):
    columns = ndimage.gaussian_filter1d(rng.standard_normal(image.shape[1]), rng.uniform(1, 4)) * rng.uniform(0.03, 0.1)
    return image + over_plane(image, np.broadcast_to(columns, image.shape[:2]))


def shading(rng, image):
    field = smooth_noise(rng, image.shape[:2], min(image.shape[:2]) * 0.4)
    return image * over_plane(image, 1 + rng.uniform(0.05, 0.25) * field)


def drift(rng, image):
    rows = np.cumsum(rng.normal(0, 0.05, image.shape[0]))
    shifts = np.round(rows - rows.mean()).astype(int).clip(-2, 2)
    return np.stack([np.roll(row, s, 0) for row, s in zip(image, shifts)])


def inversion(rng, image):
    return 1 - image


def gamma(rng, image):
    return np.clip(image, 0, 1) ** np.exp(rng.normal(0, 0.4))


def saturation(rng, image):
    low, high = np.percentile(image, [rng.uniform(0, 8), rng.uniform(88, 100)])
    return (image - low) / max(high - low, 0.05)


def faint(rng, image):
    share = rng.uniform(0.25, 0.6)
    return image * share + rng.uniform(0, 1 - share)


def jpeg(rng, image):
    buffer = io.BytesIO()
    picture = Image.fromarray((np.clip(image, 0, 1) * 255).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=int(rng.integers(25, 85)))
    return np.asarray(Image.open(buffer)).astype(np.float32) / 255


def tint(rng, image):
    """A grey picture through a colour camera: from one colour in the shadows to another in the lights."""
    if image.ndim == 3:
        return image
    shadow = rng.uniform(0, 0.15) + np.abs(rng.normal(0, 0.06, 3))
    light = rng.uniform(0.75, 1.0) + rng.normal(0, 0.1, 3)
    middle = (shadow + light) / 2 + rng.normal(0, 0.05, 3)
    g = np.clip(image, 0, 1)[..., None]
    return shadow * (1 - g) ** 2 + 2 * middle * g * (1 - g) + light * g ** 2


def stains(rng, image):
    h, w = image.shape[:2]
    spots = np.clip(smooth_noise(rng, (h, w), min(h, w) * rng.uniform(0.02, 0.06)) - rng.uniform(1.2, 2.0), 0, 1)
    return image + over_plane(image, spots * rng.choice([-1, 1]) * rng.uniform(0.1, 0.3))


def scratches(rng, image):
    h, w = image.shape[:2]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    lines = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(1, 8))):
        offset = rng.uniform(-w, w)
        lines += np.exp(-((x * np.cos(angle) + y * np.sin(angle) - offset) / rng.uniform(0.5, 1.5)) ** 2)
    return image + over_plane(image, lines * rng.choice([-1, 1]) * rng.uniform(0.05, 0.2))


# in the order in which an instrument brings them in, with the chance of each
EFFECTS = [(stains, 0.08), (scratches, 0.08), (charging, 0.06), (curtaining, 0.06), (shading, 0.25), (faint, 0.25),
           (tint, 0.12), (defocus, 0.25), (drift, 0.06), (inversion, 0.12), (gamma, 0.3), (shot_noise, 0.25), (readout_noise, 0.3),
           (scan_lines, 0.08), (saturation, 0.2), (jpeg, 0.2)]


def data_bar(rng, image, maps):
    """Burns a data bar with its scale and text into the lowest rows, in place; nothing under it is an object."""
    h, w = image.shape[:2]
    rows = max(14, int(h * rng.uniform(0.04, 0.11)))
    ground, ink = (0, 255) if rng.random() < 0.7 else (255, 0)
    bar = Image.new("L", (w, rows), ground)
    draw = ImageDraw.Draw(bar)
    text = "  ".join(rng.permutation([f"{rng.integers(1, 30)}.0 kV", f"WD {rng.uniform(3, 12):.1f} mm", "SE", "BSE", "x",
                                      f"Mag {rng.integers(1, 200) * 50}", f"{rng.integers(1, 500)} um"]))
    draw.text((int(w * 0.02), rows // 2 - 6), text, fill=ink)
    start, end = int(w * 0.75), int(w * rng.uniform(0.82, 0.97))
    draw.rectangle([start, rows // 2 - 1, end, rows // 2 + 1], fill=ink)
    image[h - rows:] = over_plane(image, np.asarray(bar, np.float32) / 255)
    for labels in maps:
        labels[h - rows:] = 0


def degrade(rng, image):
    """The picture as some instrument would have taken it: float32 in 0..1."""
    for effect, chance in EFFECTS:
        if rng.random() < chance:
            image = effect(rng, image)
    return np.clip(image, 0, 1).astype(np.float32)

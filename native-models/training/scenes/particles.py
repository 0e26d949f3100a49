"""Separate things on a ground: particles, pores, crystals, rods, droplets, shells, needles."""
import numpy as np
from scipy import ndimage

from scenes.painting import outline, paint
from scenes.scene import Scene, finished
from scenes.texture import surface


def places_of(rng, shape, count, clumped):
    """Random places; clumped ones gather around a few centres."""
    h, w = shape
    if not clumped:
        return np.stack([rng.uniform(-10, h + 10, count), rng.uniform(-10, w + 10, count)], 1)
    centres = np.stack([rng.uniform(0, h, 6), rng.uniform(0, w, 6)], 1)
    return centres[rng.integers(0, 6, count)] + rng.normal(0, min(h, w) * 0.08, (count, 2))


def scatter(rng, h, w, shapes, styles, radius, cover, spread=0.35, overlap=False, clumped=False):
    """Things of one family until they would cover `cover` of the plane; radius is a share of min(h, w)."""
    size = min(h, w)
    middle = size * np.exp(rng.uniform(np.log(radius[0]), np.log(radius[1])))
    count = int(np.clip(cover * h * w / (np.pi * middle ** 2) * (1 if overlap else 1.6), 6, 700))
    radii = np.sort(np.clip(middle * np.exp(rng.normal(0, spread, count)), 2.5, size * 0.3))[::-1]
    outlines = [outline(rng, shapes[rng.integers(0, len(shapes))], r) for r in radii]
    if overlap:
        order = rng.permutation(count)
        outlines = [outlines[i] for i in order]
    places = places_of(rng, (h, w), count, clumped)
    return paint(rng, (h, w), outlines, places, styles, gap=rng.uniform(0, 4), overlap=overlap)


def compose(rng, bright, ground_tone, contrast, dark):
    """Things of brightness 0..1 over a structured ground; `dark` things are darker than the ground."""
    ground = ground_tone + rng.uniform(0.01, 0.06) * surface(rng, bright.shape)
    things = ground_tone + (-1 if dark else 1) * contrast * np.nan_to_num(bright)
    things = things + rng.uniform(0, 0.05) * surface(rng, bright.shape)
    if rng.random() < 0.25:  # a shadow or a glow around each
        away = ndimage.distance_transform_edt(np.isnan(bright))
        ground = ground + rng.choice([-0.6, 1]) * rng.uniform(0.05, 0.25) * np.exp(-away / rng.uniform(2, 12))
    return np.where(np.isnan(bright), ground, things)


def spheroids(rng, h, w):
    """Bright particles on a dark ground, or graphite nodules in bright metal: round, of many sizes."""
    dark = rng.random() < 0.4
    bright, labels, _ = scatter(rng, h, w, ["ellipse", "blob"], ["flat", "dome"], (0.006, 0.06), rng.uniform(0.1, 0.4), 0.5)
    image = compose(rng, bright, rng.uniform(0.55, 0.8) if dark else rng.uniform(0.1, 0.35), rng.uniform(0.2, 0.55), dark)
    return Scene(finished(rng, image), labels)


def agglomerates(rng, h, w):
    """Particles that overlap and lie in heaps."""
    bright, labels, _ = scatter(rng, h, w, ["ellipse", "facets"], ["sphere", "rim", "dome", "faces"], (0.012, 0.06),
                                rng.uniform(0.6, 1.4), 0.3, overlap=True, clumped=rng.random() < 0.6)
    return Scene(finished(rng, compose(rng, bright, rng.uniform(0.05, 0.25), rng.uniform(0.4, 0.7), False)), labels)


def crystals(rng, h, w):
    """Faceted crystals, each face flat; packed or loose."""
    styles = ["flat"] if rng.random() < 0.4 else ["faces"]
    bright, labels, depth = scatter(rng, h, w, ["facets", "box"], styles, (0.012, 0.1), rng.uniform(0.3, 1.2), 0.4,
                                    overlap=rng.random() < 0.5)
    image = compose(rng, bright, rng.uniform(0.1, 0.4), rng.uniform(0.25, 0.5), False)
    image = image + rng.choice([-1, 1]) * 0.2 * np.exp(-((1 - np.where(np.isinf(depth), 9, depth)) / 0.08) ** 2)
    return Scene(finished(rng, image), labels)


def pores(rng, h, w):
    """Dark pores in a bright matrix, some with a bright edge, round or ragged."""
    bright, labels, _ = scatter(rng, h, w, ["ellipse", "blob"], ["flat", "dome"], (0.004, 0.05), rng.uniform(0.03, 0.3), 0.7)
    image = compose(rng, bright, rng.uniform(0.5, 0.8), rng.uniform(0.3, 0.6), True)
    if rng.random() < 0.5:
        edge = ndimage.distance_transform_edt(labels == 0)
        image = image + rng.uniform(0.1, 0.3) * np.exp(-((edge - 1) / 2.0) ** 2) * (labels == 0)
    return Scene(finished(rng, image), labels)


def needles(rng, h, w):
    """Acicular precipitates or plates in a few directions, crossing or apart."""
    size = min(h, w)
    count, crossing = int(rng.integers(25, 160)), rng.random() < 0.5
    turns = rng.uniform(0, np.pi, int(rng.integers(1, 5)))
    outlines = []
    for _ in range(count):
        turn = turns[rng.integers(0, len(turns))] + rng.normal(0, 0.05)
        length, half = size * rng.uniform(0.02, 0.16), size * rng.uniform(0.003, 0.012)
        cos, sin = np.cos(turn), np.sin(turn)

        def inside(u, v, cos=cos, sin=sin, length=length, half=half):
            a, b = np.abs(u * cos + v * sin), np.abs(v * cos - u * sin)
            return np.maximum(a / length, b / (half * np.sqrt(np.clip(1 - (a / length) ** 2, 0.05, 1))))
        outlines.append((inside, length + half))
    places = places_of(rng, (h, w), count, False)
    bright, labels, _ = paint(rng, (h, w), outlines, places, ["flat"], gap=1, overlap=crossing)
    dark = rng.random() < 0.5
    image = compose(rng, bright, 0.6 if dark else rng.uniform(0.2, 0.45), rng.uniform(0.2, 0.45), dark)
    return Scene(finished(rng, image), labels)


def bacteria(rng, h, w):
    """Rods, single and in clumps: phase dark or fluorescent."""
    bright, labels, _ = scatter(rng, h, w, ["rod"], ["dome", "flat"], (0.008, 0.02), rng.uniform(0.05, 0.3), 0.15,
                                clumped=rng.random() < 0.4)
    dark = rng.random() < 0.5
    image = compose(rng, bright, 0.6 if dark else 0.1, rng.uniform(0.3, 0.6), dark)
    return Scene(finished(rng, image), labels)


def droplets(rng, h, w):
    """Droplets, bubbles or vesicles: a bright or dark ring around an inside like the ground."""
    bright, labels, _ = scatter(rng, h, w, ["ellipse", "disc"], ["rim"], (0.01, 0.08), rng.uniform(0.2, 0.8), 0.5,
                                    overlap=rng.random() < 0.3)
    dark = rng.random() < 0.4
    image = compose(rng, bright - 0.3, rng.uniform(0.35, 0.6), rng.uniform(0.25, 0.5), dark)
    return Scene(finished(rng, image), labels)


def shells(rng, h, w):
    """Core and shell: the object is the particle, its core a part."""
    bright, labels, depth = scatter(rng, h, w, ["ellipse", "blob", "box"], ["flat"], (0.025, 0.08),
                                    rng.uniform(0.2, 0.5), 0.3)
    core = depth < rng.uniform(0.4, 0.75)
    dark = rng.random() < 0.4
    image = compose(rng, bright, 0.65 if dark else rng.uniform(0.1, 0.3), rng.uniform(0.2, 0.4), dark)
    image = np.where(core, image + rng.choice([-1, 1]) * rng.uniform(0.12, 0.3), image)
    return Scene(finished(rng, image), labels, None, np.where(core, labels, 0).astype(np.int32))


def fibre_sections(rng, h, w):
    """A composite cut across its fibres: round sections close together in a matrix, some with a core or coating."""
    size = min(h, w)
    radius = size * np.exp(rng.uniform(np.log(0.012), np.log(0.07)))
    step = radius * rng.uniform(1.95, 2.6)
    rows = np.arange(-step, h + step, step * 0.87)
    places = np.array([(y, x + (i % 2) * step / 2) for i, y in enumerate(rows) for x in np.arange(-step, w + step, step)])
    shape, loose = rng.choice(["disc", "disc", "ellipse", "blob"]), rng.uniform(0.05, 0.3)
    places = rng.permutation(places + rng.normal(0, radius * loose, places.shape))
    outlines = [outline(rng, shape, radius * rng.uniform(0.85, 1.05)) for _ in places]
    bright, labels, depth = paint(rng, (h, w), outlines, places, ["flat"], overlap=False)
    dark = rng.random() < 0.3
    image = compose(rng, bright, 0.7 if dark else rng.uniform(0.2, 0.45), rng.uniform(0.15, 0.45), dark)
    if rng.random() < 0.4:
        image = image - 0.25 * np.exp(-((1 - np.where(np.isinf(depth), 9, depth)) / 0.1) ** 2)
    return Scene(finished(rng, image), labels)


def close_up(rng, h, w):
    """One to a few things that fill the view: a grain of pollen, an organoid, a particle; what is on them are parts."""
    size = min(h, w)
    count = int(rng.integers(1, 6))
    radii = size * np.exp(rng.uniform(np.log(0.1), np.log(0.42), count)) / count ** 0.35
    shapes = rng.choice(["disc", "ellipse", "blob", "facets", "box", "spindle"], 2)
    outlines = [outline(rng, shapes[i % 2], r) for i, r in enumerate(radii)]
    places = np.stack([rng.uniform(0.15, 0.85, count) * h, rng.uniform(0.15, 0.85, count) * w], 1)
    bright, labels, depth = paint(rng, (h, w), outlines, places, ["sphere", "flat", "dome", "rim"], overlap=rng.random() < 0.5)
    dark = rng.random() < 0.35
    image = compose(rng, bright, rng.uniform(0.55, 0.8) if dark else rng.uniform(0.05, 0.35), rng.uniform(0.25, 0.55), dark)
    image = np.where(labels > 0, image + rng.uniform(0.02, 0.1) * surface(rng, (h, w)), image)
    spots, parts, _ = scatter(rng, h, w, ["ellipse", "blob"], ["flat", "dome"], (0.008, 0.03), rng.uniform(0.1, 0.6))
    inside = (parts > 0) & (depth < 0.92) & (rng.random() < 0.6)
    image = np.where(inside, image + rng.choice([-1, 1]) * rng.uniform(0.12, 0.3) * np.nan_to_num(spots), image)
    return Scene(finished(rng, image), labels, None, np.where(inside, parts, 0).astype(np.int32))

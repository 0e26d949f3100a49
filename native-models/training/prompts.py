"""Simulated prompts: what a person would click or draw to get one object.

A prompt has SLOTS slots of (x, y) pixels and a label: 2 and 3 for the box corners, then clicks, -1 where unused.
"""
import numpy as np
from scipy import ndimage

CORRECTIONS = 8  # most rounds of correction a training prompt goes through
SLOTS = 3 + CORRECTIONS
SMALLEST = 20  # pixels of model space; smaller objects are not asked for
REDRAWN = 0.5  # share of the prompts with the most corrections whose outline another hand has drawn


def deepest(mask, closed=True):
    """The pixel of a mask that is farthest from its border -> (x, y) of its centre; `closed` counts the crop's edge."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1) if closed else mask)
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return x + 0.5 - closed, y + 0.5 - closed


def first_click(mask, rng):
    """The deepest point most of the time, any point of the object otherwise; with a hand's jitter inside the object."""
    if rng.random() < 0.65:
        x, y = deepest(mask, bool(rng.random() < 0.5))
        if rng.random() < 0.4:
            jx, jy = x + rng.normal(0, 2), y + rng.normal(0, 2)
            if 0 <= jy < mask.shape[0] and 0 <= jx < mask.shape[1] and mask[int(jy), int(jx)]:
                x, y = jx, jy
        return x, y
    spots = np.argwhere(mask)
    y, x = spots[rng.integers(0, len(spots))]
    return x + 0.5, y + 0.5


def redraw(mask, window, rng, size):
    """The object as another hand might outline it -> mask, window: narrower or wider all along, a little to one side.

    Where an outline is drawn by hand, pixels alone don't tell where it runs; clicks do, and the model is to follow them.
    """
    room = 8
    rows, columns = (slice(max(0, s.start - room), min(size, s.stop + room)) for s in window)
    wide = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    top, left = window[0].start - rows.start, window[1].start - columns.start
    wide[top:top + mask.shape[0], left:left + mask.shape[1]] = mask
    if wide.all():
        return mask, window
    depth = ndimage.distance_transform_edt(wide) - ndimage.distance_transform_edt(~wide)
    reach = min(depth.max(), 16.0)
    moved = ndimage.shift(depth, rng.normal(0, 0.12 * reach, 2), order=1, mode="nearest")
    redrawn = moved > rng.uniform(-0.4, 0.4) * reach
    if redrawn.sum() < SMALLEST:
        return mask, window
    inner = ndimage.find_objects(redrawn.astype(np.uint8))[0]
    return redrawn[inner], tuple(slice(o.start + i.start, o.start + i.stop) for o, i in zip((rows, columns), inner))


def draw_box(window, rng, size):
    """The tight box half of the time, else with edges off by some percent of its size."""
    rows, columns = window
    box = np.array([columns.start, rows.start, columns.stop, rows.stop], np.float32)
    if rng.random() < 0.5:
        extent = np.array([box[2] - box[0], box[3] - box[1]] * 2)
        box = box + rng.normal(0, 0.05, 4) * extent + rng.normal(0, 1.0, 4)
    box = np.clip(box, 0, size)
    return box if box[2] - box[0] >= 2 and box[3] - box[1] >= 2 else np.clip(
        [columns.start, rows.start, columns.stop, rows.stop], 0, size)


def objects_in(labels, smallest):
    """(labels, number, window) of each object in view."""
    areas = np.bincount(labels.ravel())
    windows = enumerate(ndimage.find_objects(labels), 1)
    return [(labels, i, window) for i, window in windows if window and areas[i] >= smallest]


def draw_prompts(levels, rng, count):
    """`count` prompts for objects in view: coords [count, SLOTS, 2], labels [count, SLOTS], targets bool [count, H, W].

    `levels` are label maps, the objects first, then what else can be meant there (wholes, parts), asked for less often.
    """
    found, *others = (objects_in(level, SMALLEST if i == 0 else 2 * SMALLEST) for i, level in enumerate(levels))
    others = [objects for objects in others if objects]
    if not found and not others:
        return None
    coords = np.zeros((count, SLOTS, 2), np.float32)
    marks = np.full((count, SLOTS), -1, np.float32)
    targets = np.zeros((count, *levels[0].shape), bool)
    order = rng.permutation(len(found)) if found else []
    for i in range(count):
        if others and (not found or rng.random() < 0.3):
            level = others[rng.integers(0, len(others))]
            source, number, window = level[rng.integers(0, len(level))]
        else:
            source, number, window = found[order[i % len(order)]]
        mask = source[window] == number
        if i >= count - 2 and rng.random() < REDRAWN:
            mask, window = redraw(mask, window, rng, levels[0].shape[0])
        targets[i][window] = mask
        kind = rng.random()
        if kind > 0.55:
            box = draw_box(window, rng, levels[0].shape[0])
            coords[i, :2], marks[i, :2] = box.reshape(2, 2), (2, 3)
        if kind < 0.62:
            x, y = first_click(mask, rng)
            coords[i, 2], marks[i, 2] = (x + window[1].start, y + window[0].start), 1
    return {"coords": coords, "marks": marks, "targets": targets}


def correct(coords, marks, logits, targets, round_number, stride):
    """Adds in place one click per prompt in the middle of the larger error region.

    logits and targets are arrays [B, h, w] at `stride` pixels per cell; coords [B, SLOTS, 2], marks [B, SLOTS].
    """
    for i in range(len(logits)):
        predicted, wanted = logits[i] > 0, targets[i] > 0.5
        best = (0.0, None, 0)
        for error, mark in ((wanted & ~predicted, 1), (predicted & ~wanted, 0)):
            if error.any():
                depth = ndimage.distance_transform_edt(np.pad(error, 1))[1:-1, 1:-1]
                if depth.max() > best[0]:
                    best = (depth.max(), np.unravel_index(depth.argmax(), depth.shape), mark)
        if best[1] is not None:
            y, x = best[1]
            coords[i, 3 + round_number] = ((x + 0.5) * stride, (y + 0.5) * stride)
            marks[i, 3 + round_number] = best[2]

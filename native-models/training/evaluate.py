"""Measures a checkpoint on val parts: one click, one box, and two further clicks, by the protocol of `lamella evaluate`.

    python3 evaluate.py --data MICROGRAPHS --checkpoint RUN/checkpoint.pt [--objects 60] [--output figures.json]

First click: the interior pixel farthest from the object's border (ties: smallest y, then x); box: tight; objects
under 25 pixels left out; at most `--objects` an image, by a seeded choice. `best` is the best of the three ambiguity
masks, `chosen` the one with the highest predicted IoU. Means over objects, then images, then datasets.
The workbench's own evaluation is the judge; this one picks checkpoints.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy import ndimage

from dataset import normalise, pairs, read_labels, read_micrograph
from export import load_segmenter
from model import INPUT_SIZE, MASK_STRIDE
from prompts import deepest

SMALLEST = 25  # pixels of the original image
LOW = INPUT_SIZE // MASK_STRIDE  # side of the masks
CHUNK = 12  # prompts decoded at once


def prepare_image(picture):
    """PIL image -> tensor [1, 3, 1024, 1024], and the size (height, width) that the picture takes in it."""
    width, height = picture.size
    scale = INPUT_SIZE / max(width, height)
    inner = (round(height * scale), round(width * scale))
    values = np.asarray(picture.resize(inner[::-1], Image.BILINEAR)).astype(np.float32) / 255
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, 2)
    image = torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)
    image[0, :, :inner[0], :inner[1]] = torch.from_numpy(normalise(values))
    return image, inner


def original_masks(logits, inner, shape):
    """Logits [B, M, h, w] -> bool [B, M, *shape] in the original image."""
    full = F.interpolate(logits, (INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False)
    return F.interpolate(full[:, :, :inner[0], :inner[1]], shape, mode="bilinear", align_corners=False) > 0


def overlap(masks, wanted):
    """IoU of bool [B, M, H, W] with [B, H, W] -> numpy [B, M]."""
    wanted = wanted[:, None]
    return ((masks & wanted).sum((2, 3)) / (masks | wanted).sum((2, 3)).clamp(min=1)).numpy()


def choose_objects(labels, limit, seed=0):
    areas = np.bincount(labels.ravel())
    numbers = [i for i in range(1, len(areas)) if areas[i] >= SMALLEST]
    if len(numbers) > limit:
        numbers = sorted(np.random.default_rng(seed).choice(numbers, limit, replace=False))
    return numbers


class Robot:
    """Prompts for the objects of one image, in model space."""

    def __init__(self, labels, numbers):
        self.shape = labels.shape
        self.scale = INPUT_SIZE / max(labels.shape)
        self.targets = np.stack([labels == n for n in numbers])

    def clicks(self, masks=None):
        """The next click of each object: coords [B, 2], marks [B]; the first where masks is None."""
        coords, marks = [], []
        for i, target in enumerate(self.targets):
            wanted = (target, np.zeros_like(target)) if masks is None else (target & ~masks[i], masks[i] & ~target)
            depth = [ndimage.distance_transform_edt(np.pad(e, 1)).max() if e.any() else 0 for e in wanted]
            mark = int(depth[0] >= depth[1])
            if max(depth) == 0:
                coords.append((0, 0)), marks.append(-1)
                continue
            x, y = deepest(wanted[0] if mark else wanted[1])
            coords.append((x * self.scale, y * self.scale)), marks.append(mark)
        return torch.tensor(coords).float().unsqueeze(1), torch.tensor(marks).float().unsqueeze(1)

    def boxes(self):
        found = [ndimage.find_objects(t.astype(np.uint8))[0] for t in self.targets]
        coords = [[(c.start, r.start), (c.stop, r.stop)] for r, c in found]
        return torch.tensor(coords).float() * self.scale, torch.tensor([[2.0, 3.0]]).repeat(len(found), 1)


@torch.no_grad()
def evaluate_image(segmenter, picture, labels, limit, rounds=3):
    numbers = choose_objects(labels, limit)
    if not numbers:
        return None
    image, inner = prepare_image(picture)
    features = segmenter.encoder(image)
    robot = Robot(labels, numbers)
    targets = torch.from_numpy(robot.targets)

    def decode(coords, marks, previous=None):
        logits, quality = [], []
        for i in range(0, len(coords), CHUNK):
            c = coords[i:i + CHUNK]
            low = torch.zeros(len(c), 1, LOW, LOW) if previous is None else previous[i:i + CHUNK]
            has = torch.full((len(c),), 0.0 if previous is None else 1.0)
            found = segmenter.decoder(*features, c, marks[i:i + CHUNK], low, has)
            logits.append(found[0]), quality.append(found[1])
        return torch.cat(logits), torch.cat(quality)

    def score(logits):
        return np.concatenate([overlap(original_masks(logits[i:i + CHUNK], inner, labels.shape), targets[i:i + CHUNK])
                               for i in range(0, len(logits), CHUNK)])

    result, rows = {}, np.arange(len(numbers))
    for name, (coords, marks) in (("iou1", robot.clicks()), ("box", robot.boxes())):
        logits, quality = decode(coords, marks)
        iou, token = score(logits), quality[:, 1:].argmax(1).numpy() + 1
        result |= {f"{name}_best": iou[:, 1:].max(1), f"{name}_chosen": iou[rows, token], f"{name}_single": iou[:, 0]}
        if name == "iou1":
            first = coords, marks, logits[rows, token].unsqueeze(1)
    coords, marks, previous = first
    for clicks in range(2, rounds + 1):
        masks = torch.cat([original_masks(previous[i:i + CHUNK], inner, labels.shape)
                           for i in range(0, len(previous), CHUNK)])[:, 0].numpy()
        more = robot.clicks(masks)
        coords, marks = torch.cat([coords, more[0]], 1), torch.cat([marks, more[1]], 1)
        logits, _ = decode(coords, marks, previous)
        previous = logits[:, :1]
        result[f"iou{clicks}"] = score(previous)[:, 0]
    return {k: float(v.mean()) for k, v in result.items()} | {"objects": len(numbers)}


def evaluate_folder(segmenter, folder, limit, images, rounds):
    results = [evaluate_image(segmenter, read_micrograph(i), read_labels(m), limit, rounds)
               for i, m in pairs(folder)[:images]]
    results = [r for r in results if r]
    summary = {k: round(float(np.mean([r[k] for r in results])), 4) for k in results[0] if k != "objects"}
    return {"images": len(results), "objects": sum(r["objects"] for r in results), **summary}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--objects", type=int, default=60, help="most objects an image")
    parser.add_argument("--images", type=int, help="most images a dataset")
    parser.add_argument("--rounds", type=int, default=3, help="clicks")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    segmenter = load_segmenter(args.checkpoint)
    folders = sorted(p for p in args.data.iterdir() if (p / "val" / "images").is_dir())
    figures = {}
    for folder in folders:
        figures[folder.name] = evaluate_folder(segmenter, folder / "val", args.objects, args.images, args.rounds)
        print(json.dumps({"dataset": folder.name, **figures[folder.name]}), flush=True)
    if args.output:
        args.output.write_text(json.dumps({"protocol": "val parts, means over objects, then images", **figures}))


if __name__ == "__main__":
    main()

"""A sheet of every kind of scene: the clean picture, one as an instrument shows it, and the objects in colour.

    python3 make_sheet.py --output sheet.png [--seed 0] [--kinds pores cracks]
"""
import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from scenes import KINDS, render, render_varied

SIDE, SHOWN = 640, 200  # pixels of a scene, and of its picture on the sheet


def coloured(labels):
    colours = np.random.default_rng(7).integers(60, 255, (4096, 3)).astype(np.uint8)
    colours[0] = 0
    return colours[np.where(labels > 0, labels % 4095 + 1, 0)]


def picture(values):
    array = values if values.dtype == np.uint8 else (np.clip(values, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(array).convert("RGB").resize((SHOWN, SHOWN), Image.BILINEAR)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    args = parser.parse_args()
    columns = 2
    rows = -(-len(args.kinds) // columns)
    sheet = Image.new("RGB", (columns * 4 * SHOWN, rows * (SHOWN + 16)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, kind in enumerate(args.kinds):
        started = time.time()
        scene = render(kind, np.random.default_rng([args.seed, 1]), SIDE, SIDE)
        milliseconds = (time.time() - started) * 1000
        varied = render_varied(kind, np.random.default_rng([args.seed, 2]), SIDE, SIDE)
        other = next((m for m in (scene.parts, scene.wholes) if m is not None), np.zeros_like(scene.labels))
        x, y = i % columns * 4 * SHOWN, i // columns * (SHOWN + 16)
        for k, values in enumerate((scene.image, varied.image, coloured(scene.labels), coloured(other))):
            sheet.paste(picture(values), (x + k * SHOWN, y + 14))
        found = np.unique(scene.labels[scene.labels > 0])
        draw.text((x + 4, y), f"{kind}: {len(found)} objects, {milliseconds:.0f} ms", fill="black")
        print(kind, len(found), f"{milliseconds:.0f} ms", flush=True)
    sheet.save(args.output)


if __name__ == "__main__":
    main()

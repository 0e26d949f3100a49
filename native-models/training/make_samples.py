"""Writes the sample micrographs that ship with the workbench; the same seed gives the same pictures.

    python3 make_samples.py --output ../../assets/samples [--seed 7] [--labels DIR]

--labels also writes the exact label images (uint16 PNG, 0 = background) to another folder.
"""
import argparse
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from scenes import render

# file name, kind, height and width in pixels
SAMPLES = [
    ("polycrystal-grains.jpg", "grains", 960, 1280),
    ("superalloy-precipitates-16bit.tif", "precipitates", 640, 768),
    ("powder-particles.png", "powder", 800, 1024),
    ("nuclei-fluorescence-16bit.png", "nuclei", 640, 768),
    ("layered-coating-cracks.jpg", "coating", 896, 1152),
    ("fibre-composite-colour.jpg", "fibres", 768, 1024),
]
TINT = np.array([[0.06, 0.03, 0.10], [0.98, 0.90, 0.74]])  # colours of 0 and 1 for the colour sample


def to_bits(image, bits, low=0.0, high=1.0):
    top = 2 ** bits - 1
    values = np.clip(low + image * (high - low), 0, 1) * top
    return np.round(values).astype(np.uint16 if bits > 8 else np.uint8)


def write_sample(path, image):
    if path.name.endswith("-16bit.tif"):
        # A camera's 12 bits in a 16-bit file with its pedestal; 250 nm per pixel, written as a TIFF resolution.
        tifffile.imwrite(path, to_bits(image, 12, 0.1, 0.8), compression="zlib", predictor=True,
                         resolution=(40000, 40000), resolutionunit="CENTIMETER")
    elif path.name.endswith("-16bit.png"):
        Image.fromarray(to_bits(image, 12, 0.05, 0.6)).save(path, optimize=True)
    elif "colour" in path.name:
        colour = TINT[0] + image[..., None] * (TINT[1] - TINT[0])
        Image.fromarray(to_bits(colour, 8)).save(path, quality=88)
    else:
        Image.fromarray(to_bits(image, 8)).save(path, **({"quality": 88} if path.suffix == ".jpg" else {"optimize": True}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for i, (name, kind, height, width) in enumerate(SAMPLES):
        scene = render(kind, np.random.default_rng([args.seed, i]), height, width)
        write_sample(args.output / name, scene.image)
        if args.labels:
            args.labels.mkdir(parents=True, exist_ok=True)
            Image.fromarray(scene.labels.astype(np.uint16)).save(args.labels / (Path(name).stem + ".png"))


if __name__ == "__main__":
    main()

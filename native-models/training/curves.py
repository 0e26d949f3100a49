"""Draws the learning curves of a run: loss, IoU of the training prompts, error of the predicted IoU, learning rate.

    python3 curves.py --run RUN --output curves.png

Thin lines are the lines of RUN/log.jsonl (means over 25 steps), thick ones their running mean.
"""
import argparse
import json
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the choice of what draws)

CURVES = [("loss", {"loss": "loss"}), ("IoU on training prompts", {"iou_best": "best of three", "iou_single": "single mask"}),
          ("error of the predicted IoU", {"iou_error": "root mean square"}), ("learning rate", {"rate": "rate"})]


def running_mean(values, window):
    window = max(1, min(window, len(values) // 4))
    padded = np.pad(values, (window // 2, window - 1 - window // 2), mode="edge")
    return np.convolve(padded, np.ones(window) / window, mode="valid")


def draw(records, output):
    figure, panels = pyplot.subplots(1, len(CURVES), figsize=(16, 3.6), constrained_layout=True)
    steps = np.array([r["step"] for r in records])
    for panel, (title, lines) in zip(panels, CURVES):
        for key, label in lines.items():
            values = np.array([r[key] for r in records])
            drawn = panel.plot(steps, values, linewidth=0.6, alpha=0.4)
            panel.plot(steps, running_mean(values, 12), linewidth=1.8, color=drawn[0].get_color(), label=label)
        panel.set_title(title, fontsize=11)
        panel.set_xlabel("step")
        panel.grid(alpha=0.25)
        if len(lines) > 1:
            panel.legend(frameon=False)
    figure.savefig(output, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    draw([json.loads(line) for line in (args.run / "log.jsonl").read_text().splitlines()], args.output)


if __name__ == "__main__":
    main()

"""Trains the embedded segmenter on a CPU.

    python3 train.py --data MICROGRAPHS --run RUN_FOLDER --minutes 90
    python3 train.py --tiny --steps 5 --run RUN_FOLDER        smoke test, under a minute, needs no data

MICROGRAPHS/<dataset>/train/{images,masks}; val parts are never read. RUN_FOLDER/checkpoint.pt is written every few
minutes and a restart goes on from it: weights, average, optimiser and the minutes already spent (the learning rate
follows the larger of the share of minutes and of steps).
"""
import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from dataset import Crops, read_sources
from loss import total_loss
from model import Segmenter
from prompts import CORRECTIONS, correct

CORRECTED = 2  # of the prompts of a crop, how many have been through corrections: half one round, half two


def learning_rate(peak, step, progress, warmup):
    return peak * min(1.0, (step + 1) / warmup) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def average_into(ema, model, decay):
    with torch.no_grad():
        current = model.state_dict()
        for name, value in ema.items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])


@torch.no_grad()
def rehearse(decoder, features, coords, marks, targets):
    """Plays rounds of correction for the last CORRECTED prompts of each crop -> mask_input, has_mask_input.

    coords [G, P, SLOTS, 2] and marks [G, P, SLOTS] are changed in place; targets [G, P, h, w] at stride 4.
    """
    g, p = marks.shape[:2]
    h, w = targets.shape[2:]
    masks, has = torch.zeros(g, p, 1, h, w), torch.zeros(g, p)
    training = decoder.training
    decoder.eval()
    for round_number in range(CORRECTIONS):
        first = p - CORRECTED + round_number * (CORRECTED // CORRECTIONS)
        chosen = slice(first, p)
        count = p - first
        logits, quality = decoder(*features, coords[:, chosen].reshape(g * count, -1, 2),
                                  marks[:, chosen].reshape(g * count, -1),
                                  masks[:, chosen].reshape(-1, 1, h, w), has[:, chosen].reshape(-1))
        # One prompt is ambiguous: people go on from the candidate that they choose; later the single mask.
        token = quality[:, 1:].argmax(1) + 1 if round_number == 0 else torch.zeros(len(logits), dtype=torch.long)
        picked = logits[torch.arange(len(logits)), token]
        new_coords, new_marks = coords[:, chosen].reshape(g * count, -1, 2), marks[:, chosen].reshape(g * count, -1)
        correct(new_coords.numpy(), new_marks.numpy(), picked.numpy(),
                targets[:, chosen].reshape(-1, h, w).numpy(), round_number, 4)
        coords[:, chosen], marks[:, chosen] = new_coords.reshape(g, count, -1, 2), new_marks.reshape(g, count, -1)
        masks[:, chosen], has[:, chosen] = picked.reshape(g, count, 1, h, w), 1.0
    decoder.train(training)
    return masks.reshape(-1, 1, h, w), has.reshape(-1)


def train_step(model, batch):
    features = model.encoder(batch["image"].contiguous(memory_format=torch.channels_last))
    g, p = batch["marks"].shape[:2]
    targets = batch["targets"].float()
    half, quarter = F.avg_pool2d(targets, 2), F.avg_pool2d(targets, 4)
    coords, marks = batch["coords"].clone(), batch["marks"].clone()
    detached = [f.detach() for f in features]
    masks, has = rehearse(model.decoder, detached, coords, marks, quarter)
    logits, quality = model.decoder(*features, coords.reshape(g * p, -1, 2), marks.reshape(g * p, -1), masks, has)
    return total_loss(logits, quality, half.flatten(0, 1))


def save(path, state):
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of datasets; without it only synthetic scenes")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=3.0, help="minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tiny", action="store_true", help="two small crops a step, six scenes")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    checkpoint = args.run / "checkpoint.pt"

    model = Segmenter().train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.02, betas=(0.9, 0.99))
    ema = {k: v.clone() for k, v in model.state_dict().items()}
    step, spent = 0, 0.0  # spent: minutes
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu")
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        ema, step, spent = state["ema"], state["step"], state["spent"]

    sources = read_sources(args.data, 6 if args.tiny else 72, args.seed)
    shapes = [(2, 128)] if args.tiny else [(12, 256), (12, 256), (5, 384)]
    crops = Crops(sources, shapes, prompts=5 if args.tiny else 7, seed=[args.seed, step])
    loader = iter(DataLoader(crops, batch_size=None, num_workers=0 if args.tiny else 1))

    def snapshot():
        save(checkpoint, {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "ema": ema,
                          "step": step, "spent": spent})

    log = open(args.run / "log.jsonl", "a", buffering=1)
    print(json.dumps({"parameters": model.parameter_count(), "sources": {k: len(v) for k, v in sources.items()},
                      "from_step": step}), flush=True)
    saved, tick, sums, count = spent, time.time(), {}, 0
    while step < args.steps and spent < args.minutes:
        batch = {k: torch.as_tensor(v) for k, v in next(loader).items()}
        rate = learning_rate(args.rate, step, max(step / args.steps, spent / args.minutes), warmup=100)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss, facts = train_step(model, batch)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        if torch.isfinite(norm):
            optimiser.step()
        step += 1
        average_into(ema, model, min(0.998, step / (step + 20)))
        now = time.time()
        seconds, tick = now - tick, now
        spent += seconds / 60
        for key, value in {**facts, "seconds": seconds, "norm": float(norm)}.items():
            sums[key] = sums.get(key, 0.0) + value
        count += 1
        if step % 25 == 0 or step <= 3 or args.tiny:
            line = json.dumps({"step": step, "minutes": round(spent, 2), "rate": round(rate, 6),
                               **{k: round(v / count, 4) for k, v in sums.items()}})
            print(line, flush=True)
            log.write(line + "\n")
            sums, count = {}, 0
        if spent - saved >= args.save_every:
            snapshot()
            saved = spent
    snapshot()
    print(json.dumps({"done": True, "step": step, "minutes": round(spent, 1)}), flush=True)


if __name__ == "__main__":
    main()

"""Trains the embedded segmenter, on a GPU where there is one, else on the CPU.

    python3 train.py --data MICROGRAPHS --run RUN_FOLDER --minutes 90
    python3 train.py --data MICROGRAPHS --run RUN_FOLDER --minutes 25 --batch 8 --workers 14 --scenes 3000      on a GPU
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
from export import read_package
from model import MASK_STRIDE, Segmenter
from prompts import CORRECTIONS, correct

ROUNDS = (1, 1, 2, 3, CORRECTIONS)  # of correction that the last prompts of a crop have been through
FORGET = 0.2  # share of those whose last answer is not fed back: a moved click is decoded without one


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
    """Plays the rounds of correction for the last prompts of each crop -> mask_input, has_mask_input.

    coords [G, P, SLOTS, 2] and marks [G, P, SLOTS] are changed in place; targets [G, P, h, w] at MASK_STRIDE.
    """
    g, p = marks.shape[:2]
    h, w = targets.shape[2:]
    masks, has = targets.new_zeros(g, p, 1, h, w), targets.new_zeros(g, p)
    for round_number in range(CORRECTIONS):
        count = sum(rounds > round_number for rounds in ROUNDS)
        chosen = slice(p - count, p)
        logits, quality = decoder(*features, coords[:, chosen].reshape(g * count, -1, 2),
                                  marks[:, chosen].reshape(g * count, -1),
                                  masks[:, chosen].reshape(-1, 1, h, w), has[:, chosen].reshape(-1))
        # People go on from the candidate that stands first; one prompt is ambiguous, so there the single mask is not one.
        first = 1 if round_number == 0 else 0
        token = quality[:, first:].argmax(1) + first
        picked = logits[torch.arange(len(logits)), token]
        new_coords = coords[:, chosen].reshape(g * count, -1, 2).cpu().clone()
        new_marks = marks[:, chosen].reshape(g * count, -1).cpu().clone()
        correct(new_coords.numpy(), new_marks.numpy(), picked.cpu().numpy(),
                targets[:, chosen].reshape(-1, h, w).cpu().numpy(), round_number, MASK_STRIDE)
        coords[:, chosen] = new_coords.reshape(g, count, -1, 2).to(coords.device)
        marks[:, chosen] = new_marks.reshape(g, count, -1).to(marks.device)
        masks[:, chosen], has[:, chosen] = picked.reshape(g, count, 1, h, w), 1.0
    return masks.reshape(-1, 1, h, w), has.reshape(-1)


def train_step(model, batch):
    features = model.encoder(batch["image"].contiguous(memory_format=torch.channels_last))
    g, p = batch["marks"].shape[:2]
    targets = F.avg_pool2d(batch["targets"].float(), MASK_STRIDE)
    coords, marks = batch["coords"].clone(), batch["marks"].clone()
    model.decoder.eval()
    masks, has = rehearse(model.decoder, [f.detach() for f in features], coords, marks, targets)
    has = has * (torch.rand_like(has) >= FORGET)
    model.decoder.train()
    logits, quality = model.decoder(*features, coords.reshape(g * p, -1, 2), marks.reshape(g * p, -1), masks, has)
    return total_loss(logits, quality, targets.flatten(0, 1))


def use_bfloat16(model):
    """Convolutions compute in bfloat16 from now on, weights and everything around them stay fp32.

    Distances and coordinates don't: eight bits of mantissa move a vote by pixels. About twice as fast on a CPU with
    AVX-512 BF16, slower on one without.
    """
    decoder = model.decoder
    convolutions = [model.encoder, *decoder.project.values(), *decoder.prompt.values(), decoder.up8, decoder.up4,
                    decoder.up2, decoder.refine16, decoder.refine8, decoder.refine4, decoder.refine2, decoder.masks,
                    decoder.detail]
    for module in convolutions:
        def forward(*inputs, inner=module.forward):
            with torch.autocast(inputs[0].device.type, dtype=torch.bfloat16):
                outputs = inner(*inputs)
            return tuple(o.float() for o in outputs) if isinstance(outputs, tuple) else outputs.float()
        module.forward = forward


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
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=1, help="times the crops of a step")
    parser.add_argument("--workers", type=int, default=1, help="processes that make crops")
    parser.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16")
    parser.add_argument("--save-every", type=float, default=3.0, help="minutes")
    parser.add_argument("--scenes", type=int, default=300, help="synthetic pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="package whose weights to go on from, instead of random ones")
    parser.add_argument("--tiny", action="store_true", help="two small crops a step, six scenes")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    checkpoint = args.run / "checkpoint.pt"

    state = torch.load(checkpoint, map_location="cpu") if checkpoint.exists() else None
    model = Segmenter(folded=state["folded"] if state else args.start is not None)
    if args.start and not state:
        model.load_state_dict(read_package(args.start))
    model = model.train().to(args.device, memory_format=torch.channels_last)
    if args.bfloat16:
        use_bfloat16(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.02, betas=(0.9, 0.99))
    ema = {k: v.detach().clone() for k, v in model.state_dict().items()}
    step, spent = 0, 0.0  # spent: minutes
    if state:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        ema = {k: v.to(args.device) for k, v in state["ema"].items()}
        step, spent = state["step"], state["spent"]

    sources = read_sources(args.data, 6 if args.tiny else args.scenes, args.seed, args.run / "scenes")
    shapes = [(2, 128)] if args.tiny else [(12, 256), (12, 256), (5, 384), (3, 512), (3, 512), (1, 896)]
    shapes = [(crops * args.batch, size) for crops, size in shapes]
    crops = Crops(sources, shapes, prompts=5 if args.tiny else 8, seed=[args.seed, step])
    loader = iter(DataLoader(crops, batch_size=None, num_workers=0 if args.tiny else args.workers))

    def snapshot():
        save(checkpoint, {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "ema": ema,
                          "folded": model.folded, "step": step, "spent": spent})

    log = open(args.run / "log.jsonl", "a", buffering=1)
    print(json.dumps({"parameters": model.parameter_count(), "device": args.device, "sources": {k: len(v) for k, v in sources.items()},
                      "from_step": step}), flush=True)
    saved, tick, sums, count = spent, time.time(), {}, 0
    while step < args.steps and spent < args.minutes:
        batch = {k: torch.as_tensor(v).to(args.device) for k, v in next(loader).items()}
        rate = learning_rate(args.rate, step, max(step / args.steps, spent / args.minutes), 5 if args.tiny else 100)
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

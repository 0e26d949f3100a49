"""Writes the model package: encoder.onnx, decoder.onnx and model.json.

    python3 export.py --output DIR [--checkpoint train.pt] [--figures figures.json]

Without a checkpoint the weights are the random ones of `--seed`: enough to integrate and to time.
"""
import argparse
import hashlib
import json
from pathlib import Path

import onnx
import torch

from model import INPUT_SIZE, MEAN, STD, Segmenter

OPSET = 17
EMBEDDINGS = ["image_embeddings", "high_res_features_0", "high_res_features_1"]
PROMPTS = ["point_coords", "point_labels", "mask_input", "has_mask_input"]


def load_segmenter(checkpoint=None, seed=0):
    """The averaged (EMA) weights of a training checkpoint, or random ones; in evaluation mode."""
    torch.manual_seed(seed)
    segmenter = Segmenter()
    if checkpoint:
        segmenter.load_state_dict(torch.load(checkpoint, map_location="cpu")["ema"])
    return segmenter.eval()


def example_prompts(batch=2, points=3):
    low = INPUT_SIZE // 4
    coords = torch.rand(batch, points, 2) * INPUT_SIZE
    labels = torch.tensor([1.0, 0.0, -1.0]).repeat(batch, 1)[:, :points]
    return coords, labels, torch.zeros(batch, 1, low, low), torch.zeros(batch)


def write_graphs(segmenter, folder):
    image = torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)
    with torch.no_grad():
        embeddings = segmenter.encoder(image)
        torch.onnx.export(segmenter.encoder, (image,), str(folder / "encoder.onnx"), opset_version=OPSET,
                          input_names=["image"], output_names=EMBEDDINGS)
        prompts = example_prompts()
        torch.onnx.export(
            segmenter.decoder, (*embeddings, *prompts), str(folder / "decoder.onnx"), opset_version=OPSET,
            input_names=EMBEDDINGS + PROMPTS, output_names=["low_res_masks", "iou_predictions"],
            dynamic_axes={"point_coords": {0: "B", 1: "N"}, "point_labels": {0: "B", 1: "N"},
                          "mask_input": {0: "B"}, "has_mask_input": {0: "B"},
                          "low_res_masks": {0: "B"}, "iou_predictions": {0: "B"}})
    for name in ("encoder", "decoder"):
        onnx.checker.check_model(onnx.load(str(folder / f"{name}.onnx")), full_check=True)


def describe_file(folder, name):
    content = (folder / name).read_bytes()
    return {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def write_description(segmenter, folder, figures):
    description = {
        "name": "lamella-v0",
        "family": "sam2",
        "architecture": "lamella-conv",
        "version": 0,
        "hyperparameters": {**segmenter.hyperparameters.named(), "parameters": segmenter.parameter_count()},
        "inputSize": INPUT_SIZE,
        "preparation": {"resize": "longest-side", "resample": "bilinear-antialias", "pad": "bottom-right",
                        "padValue": 0, "valueRange": [0, 1], "mean": list(MEAN), "std": list(STD), "order": "rgb"},
        "embeddingChannels": segmenter.hyperparameters.embedding_channels,
        "files": {name: describe_file(folder, f"{name}.onnx") for name in ("encoder", "decoder")},
        "precision": "fp32",
        "maskThreshold": 0,
        "licence": "Apache-2.0",
        "source": "trained by native-models/training",
        "figures": figures,
    }
    (folder / "model.json").write_text(json.dumps(description, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--figures", type=Path, help="JSON that evaluate.py wrote")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    segmenter = load_segmenter(args.checkpoint, args.seed)
    write_graphs(segmenter, args.output)
    figures = json.loads(args.figures.read_text()) if args.figures else {}
    write_description(segmenter, args.output, figures)
    print(json.dumps({"parameters": segmenter.parameter_count(), "output": str(args.output)}))


if __name__ == "__main__":
    main()

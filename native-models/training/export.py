"""Writes the model package: encoder.onnx, decoder.onnx and model.json.

    python3 export.py --output DIR [--checkpoint train.pt] [--figures figures.json]

Without a checkpoint the weights are the random ones of `--seed`: enough to integrate and to time.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import torch

from model import INPUT_SIZE, MASK_STRIDE, MEAN, STD, Segmenter

OPSET = 17
HALF = ".half"  # ends the name of a weight that is stored as fp16
SMALLEST_HALF = 64  # values; biases and the like stay fp32
EMBEDDINGS = ["image_embeddings", "high_res_features_0", "high_res_features_1"]
PROMPTS = ["point_coords", "point_labels", "mask_input", "has_mask_input"]


def load_segmenter(checkpoint=None, seed=0):
    """The averaged (EMA) weights of a training checkpoint, or random ones; folded, in evaluation mode."""
    torch.manual_seed(seed)
    if checkpoint is None:
        return Segmenter().eval().fold()
    state = torch.load(checkpoint, map_location="cpu")
    segmenter = Segmenter(folded=state["folded"])
    segmenter.load_state_dict(state["ema"])
    return segmenter.eval().fold()


def read_package(folder):
    """The weights of an exported package by their PyTorch names; they belong to a folded Segmenter."""
    weights = {}
    for graph in ("encoder", "decoder"):
        for tensor in onnx.load(str(folder / f"{graph}.onnx")).graph.initializer:
            weights[f"{graph}.{tensor.name.removesuffix(HALF)}"] = torch.tensor(onnx.numpy_helper.to_array(tensor)).float()
    names = set(Segmenter(folded=True).state_dict())
    return {name: value for name, value in weights.items() if name in names}


def example_prompts(batch=2, points=3):
    low = INPUT_SIZE // MASK_STRIDE
    coords = torch.rand(batch, points, 2) * INPUT_SIZE
    labels = torch.tensor([1.0, 0.0, -1.0]).repeat(batch, 1)[:, :points]
    return coords, labels, torch.zeros(batch, 1, low, low), torch.zeros(batch)


def write_graphs(segmenter, folder, half):
    image = torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)
    with torch.no_grad():
        embeddings = segmenter.encoder(image)
        torch.onnx.export(segmenter.encoder, (image,), str(folder / "encoder.onnx"), opset_version=OPSET,
                          input_names=["image"], output_names=EMBEDDINGS, do_constant_folding=False)
        prompts = example_prompts()
        torch.onnx.export(
            segmenter.decoder, (*embeddings, *prompts), str(folder / "decoder.onnx"), opset_version=OPSET,
            input_names=EMBEDDINGS + PROMPTS, do_constant_folding=False, output_names=["low_res_masks", "iou_predictions"],
            dynamic_axes={"point_coords": {0: "B", 1: "N"}, "point_labels": {0: "B", 1: "N"},
                          "mask_input": {0: "B"}, "has_mask_input": {0: "B"},
                          "low_res_masks": {0: "B"}, "iou_predictions": {0: "B"}})
    for name in ("encoder", "decoder"):
        if half:
            store_half(folder / f"{name}.onnx")
        onnx.checker.check_model(onnx.load(str(folder / f"{name}.onnx")), full_check=True)


def stored(value, half):
    """A weight as it comes back from a package."""
    return value.half().float() if half and value.numel() >= SMALLEST_HALF else value


def store_half(path):
    """Keeps the weights of a graph as fp16, cast to fp32 when it is loaded: half the size, the same fp32 computation."""
    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALLEST_HALF:
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), name + HALF))
        casts.append(onnx.helper.make_node("Cast", [name + HALF], [name], to=onnx.TensorProto.FLOAT, name=f"{name}.cast"))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, str(path))


def describe_file(folder, name):
    content = (folder / name).read_bytes()
    return {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def write_description(segmenter, folder, name, half, figures):
    description = {
        "name": name,
        "family": "sam2",
        "architecture": "lamella-conv",
        "version": 1,
        "hyperparameters": {**segmenter.hyperparameters.named(), "parameters": segmenter.parameter_count()},
        "inputSize": INPUT_SIZE,
        "maskSize": INPUT_SIZE // MASK_STRIDE,
        "preparation": {"resize": "longest-side", "resample": "bilinear-antialias", "pad": "bottom-right",
                        "padValue": 0, "valueRange": [0, 1], "mean": list(MEAN), "std": list(STD), "order": "rgb"},
        "embeddingChannels": segmenter.hyperparameters.embedding_channels,
        "files": {name: describe_file(folder, f"{name}.onnx") for name in ("encoder", "decoder")},
        "precision": "fp32, stored as fp16" if half else "fp32",
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
    parser.add_argument("--full", action="store_true", help="store the weights as fp32, not as fp16")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    segmenter = load_segmenter(args.checkpoint, args.seed)
    write_graphs(segmenter, args.output, not args.full)
    figures = json.loads(args.figures.read_text()) if args.figures else {}
    write_description(segmenter, args.output, args.output.resolve().name, not args.full, figures)
    print(json.dumps({"parameters": segmenter.parameter_count(), "output": str(args.output)}))


if __name__ == "__main__":
    main()

"""Compares a package's ONNX graphs in onnxruntime-node with the PyTorch model: largest difference, and times.

The checkpoint's weights are rounded as the package stores them, so that what differs is the computation alone; how far
the rounding moves the logits is printed too.

    python3 parity.py --package DIR --checkpoint RUN/checkpoint.pt --modules FOLDER_WITH_NODE_MODULES [--image FILE]

Several batch sizes and numbers of points, among them padding points, whose position must not matter.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

from evaluate import prepare_image
from dataset import read_micrograph
from export import EMBEDDINGS, PROMPTS, load_segmenter, stored
from model import INPUT_SIZE, MASK_STRIDE

TOLERANCE = 1e-3  # of logits and of predicted IoU
RUNNER = """
const ort = require('onnxruntime-node'), fs = require('fs');
(async () => {
  const [folder, packageFolder] = process.argv.slice(1), cases = JSON.parse(fs.readFileSync(folder + '/cases.json'));
  const tensor = ({file, shape}) => { const b = fs.readFileSync(folder + '/' + file);
    return new ort.Tensor('float32', new Float32Array(b.buffer, b.byteOffset, b.byteLength / 4), shape); };
  const options = {intraOpNumThreads: 2}, report = {};
  for (const name of ['encoder', 'decoder']) {
    const session = await ort.InferenceSession.create(`${packageFolder}/${name}.onnx`, options);
    for (const one of cases.filter(c => c.graph === name)) {
      const feeds = Object.fromEntries(Object.entries(one.inputs).map(([k, v]) => [k, tensor(v)]));
      let found, times = [];
      for (let i = 0; i < 5; i++) { const t = performance.now(); found = await session.run(feeds); times.push(performance.now() - t); }
      let worst = 0;
      for (const [k, v] of Object.entries(one.outputs)) { const wanted = tensor(v).data;
        if (String(v.shape) !== String(found[k].dims)) throw new Error(`${one.name}: ${k} is ${found[k].dims}, not ${v.shape}`);
        for (let i = 0; i < wanted.length; i++) worst = Math.max(worst, Math.abs(wanted[i] - found[k].data[i])); }
      report[one.name] = {worst, ms: Math.min(...times)};
    }
  }
  console.log(JSON.stringify(report));
})().catch(e => { console.error(e); process.exit(1); });
"""


def write_tensors(folder, prefix, tensors):
    described = {}
    for name, value in tensors.items():
        array = np.ascontiguousarray(value.numpy().astype(np.float32))
        array.tofile(folder / f"{prefix}-{name}.bin")
        described[name] = {"file": f"{prefix}-{name}.bin", "shape": list(array.shape)}
    return described


def prompt_cases():
    """name -> (coords [B, N, 2], labels [B, N], has_mask [B])"""
    def coords(b, n):
        return torch.rand(b, n, 2) * INPUT_SIZE
    box = torch.tensor([[[200.0, 220.0], [420.0, 380.0]]])
    return {
        "click": (coords(1, 1), torch.ones(1, 1), torch.zeros(1)),
        "box": (box, torch.tensor([[2.0, 3.0]]), torch.zeros(1)),
        "box, click, padding, mask": (torch.cat([box, coords(1, 4)], 1), torch.tensor([[2.0, 3, 1, 0, -1, -1]]), torch.ones(1)),
        "16 clicks": (coords(16, 2), torch.tensor([[1.0, -1.0]]).repeat(16, 1), (torch.arange(16) % 2).float()),
    }


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--modules", type=Path, required=True)
    parser.add_argument("--image", type=Path)
    args = parser.parse_args()
    exact, segmenter = load_segmenter(args.checkpoint), load_segmenter(args.checkpoint)
    half = "fp16" in json.loads((args.package / "model.json").read_text())["precision"]
    segmenter.load_state_dict({name: stored(value, half) for name, value in segmenter.state_dict().items()})
    torch.manual_seed(1)
    image = prepare_image(read_micrograph(args.image))[0] if args.image else torch.randn(1, 3, INPUT_SIZE, INPUT_SIZE)
    features, exact_features = segmenter.encoder(image), exact.encoder(image)
    rounding = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        outputs = write_tensors(folder, "features", dict(zip(EMBEDDINGS, features)))
        cases = [{"graph": "encoder", "name": "encoder", "outputs": outputs,
                  "inputs": write_tensors(folder, "encoder", {"image": image})}]
        for i, (title, (coords, labels, has)) in enumerate(prompt_cases().items()):
            low = torch.randn(len(coords), 1, INPUT_SIZE // MASK_STRIDE, INPUT_SIZE // MASK_STRIDE) * 4
            masks, quality = segmenter.decoder(*features, coords, labels, low, has)
            unrounded, _ = exact.decoder(*exact_features, coords, labels, low, has)
            rounding = max(rounding, float((unrounded - masks).abs().max()))
            moved = segmenter.decoder(*features, torch.where(labels.unsqueeze(2) < 0, coords + 77, coords), labels, low, has)
            assert (moved[0] - masks).abs().max() < 1e-5, "padding points change the masks"
            inputs = write_tensors(folder, f"in{i}", dict(zip(PROMPTS, (coords, labels, low, has))))
            cases.append({"graph": "decoder", "name": title, "inputs": {**outputs, **inputs},
                          "outputs": write_tensors(folder, f"out{i}", {"low_res_masks": masks, "iou_predictions": quality})})
        (folder / "cases.json").write_text(json.dumps(cases))
        answer = subprocess.run(["node", "-e", RUNNER, name, str(args.package.resolve())], cwd=args.modules,
                                check=True, capture_output=True, text=True).stdout
    report = json.loads(answer)
    print(json.dumps({"rounding": float(f"{rounding:.2g}")} | {k: {"worst": float(f"{v['worst']:.2g}"), "ms": round(v["ms"], 1)} for k, v in report.items()}, indent=1))
    worst = max(v["worst"] for v in report.values())
    if worst > TOLERANCE:
        raise SystemExit(f"differs by {worst}, more than {TOLERANCE}")


if __name__ == "__main__":
    main()

import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What int8 weights cost, on one synthetic picture: the image embedding beside the one of fp32 weights. */
export interface QuantizationLoss {
  cosineSimilarity: number;
  /** Norm of the difference over the norm of fp32's. */
  relativeError: number;
}

/**
 * Runs both encoders one after the other, so that only one is in memory.
 * @param inputSize side of the picture, pixels of model space
 */
export async function measureQuantizationLoss(
  encoder: string,
  exactEncoder: string,
  inputSize: number,
): Promise<QuantizationLoss> {
  const image = new Tensor('float32', picture(inputSize), [1, 3, inputSize, inputSize]);
  const exact = await embed(exactEncoder, image);
  const found = await embed(encoder, image);
  let [dot, ofExact, ofFound, difference] = [0, 0, 0, 0];
  for (let i = 0; i < exact.length; i++) {
    dot += exact[i]! * found[i]!;
    ofExact += exact[i]! ** 2;
    ofFound += found[i]! ** 2;
    difference += (exact[i]! - found[i]!) ** 2;
  }
  return {
    cosineSimilarity: dot / Math.sqrt(ofExact * ofFound),
    relativeError: Math.sqrt(difference / ofExact),
  };
}

async function embed(path: string, image: Tensor): Promise<Float32Array> {
  const session = await InferenceSession.create(path, { logSeverityLevel: 3, enableCpuMemArena: false });
  try {
    return (await session.run({ image }, ['image_embeddings'])).image_embeddings!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** Discs of several sizes on shaded, rough ground, about as bright and as contrasted as a normalised micrograph. */
function picture(side: number): Float32Array {
  const plane = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const cell = side / 8;
      const row = Math.floor(y / cell);
      const column = Math.floor(x / cell);
      const radius = cell * (0.15 + 0.3 * (((row * 5 + column * 3) % 8) / 8));
      const inside = Math.hypot((x % cell) - cell / 2, (y % cell) - cell / 2) < radius;
      const ground = Math.sin((x * 7) / side) * 0.4 + Math.sin(x * 1.7 + y * 2.3) * 0.15;
      plane[y * side + x] = ground + (inside ? 1.3 : -0.5);
    }
  }
  const image = new Float32Array(3 * plane.length);
  for (let channel = 0; channel < 3; channel++) image.set(plane, channel * plane.length);
  return image;
}

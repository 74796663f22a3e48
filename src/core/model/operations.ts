/**
 * @file The operations of the model, each with its gradient written out; TensorFlow.js chains them.
 *
 * `@tensorflow/tfjs-core` registers no gradients under Node, and several of its own keep tensors that ours can do without (ReLU's gradient
 * from its output, attention recomputed in chunks). Every tensor argument is borrowed; every returned tensor is owned by the caller.
 *
 * Shapes: **P** tokens of a micro-batch (B x T), **B** batch, **T** time, **D** model width, **N** heads, **H** head width, **S** selected
 * tokens, **I** and **O** a linear map's widths, **C** places in the key/value cache.
 */
import * as tf from "@tensorflow/tfjs-core";

export const LAYER_NORM_EPSILON = 1e-5;

interface Differentiable {
  readonly value: tf.Tensor;
  /** Kept until the backward pass. */
  readonly saved: readonly tf.Tensor[];
  /** From the gradient of `value` to the gradients of the inputs, in their order. */
  readonly backward: (dy: tf.Tensor, saved: readonly tf.Tensor[]) => tf.Tensor[];
}

/** An operation whose gradient we state: `tf.customGrad` with its saved tensors made explicit. */
export function withGradient(inputs: readonly tf.Tensor[], forward: (inputs: readonly tf.Tensor[]) => Differentiable): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const { value, saved, backward } = forward(args.slice(0, -1) as tf.Tensor[]);
    save([...saved]);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => backward(dy, kept) };
  });
  return operation(...inputs);
}

/** Whether the active backend computes this in one kernel. */
const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) !== undefined;

/** `x + y` of equal shapes. */
export function addResidual(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return withGradient([x, y], ([x, y]) => ({ value: tf.add(x!, y!), saved: [], backward: (dy) => [dy.clone(), dy.clone()] }));
}

/** Adds the same positions to every example of the batch: `y[b,t] = x[b,t] + positions[t]`. */
export function addPositions(x_PD: tf.Tensor, positions_TD: tf.Tensor, numExamples: number): tf.Tensor {
  const [T, D] = positions_TD.shape as [number, number];
  const split = [numExamples, T, D];
  return withGradient([x_PD, positions_TD], ([x_PD, positions_TD]) => ({
    value: tf.reshape(tf.add(tf.reshape(x_PD!, split), positions_TD!), [numExamples * T, D]),
    saved: [],
    backward: (dy_PD) => [dy_PD.clone(), tf.sum(tf.reshape(dy_PD, split), 0)],
  }));
}

/** Told of a linear map's input and of the gradient of its output, in the backward pass; both are borrowed for the length of the call. */
export type LinearObserver = (x_PI: tf.Tensor, dy_PO: tf.Tensor) => void;

/**
 * `y = x Wᵀ + b`.
 *
 *   dx = dy W,   dW = dyᵀ x,   db = sum over rows of dy
 *
 * @param weight_OI  `[out, in]`, the layout of the checkpoints
 * @param bias_O     null where the checkpoint has none (the embedding projections)
 */
export function linear(x_PI: tf.Tensor, weight_OI: tf.Tensor, bias_O: tf.Tensor | null, observe?: LinearObserver): tf.Tensor {
  const inputs = bias_O === null ? [x_PI, weight_OI] : [x_PI, weight_OI, bias_O];
  return withGradient(inputs, ([x_PI, weight_OI, bias_O]) => ({
    value:
      bias_O === undefined
        ? tf.matMul(x_PI!, weight_OI!, false, true)
        : (tf
            .engine()
            .runKernel(
              "_FusedMatMul",
              { a: x_PI!, b: weight_OI!, bias: bias_O },
              { transposeA: false, transposeB: true, activation: "linear" },
            ) as tf.Tensor),
    saved: [x_PI!, weight_OI!],
    backward: (dy_PO, [x_PI, weight_OI]) => {
      observe?.(x_PI!, dy_PO);
      const dx_PI = tf.matMul(dy_PO, weight_OI!);
      const dWeight_OI = tf.matMul(dy_PO, x_PI!, true, false);
      return bias_O === undefined ? [dx_PI, dWeight_OI] : [dx_PI, dWeight_OI, tf.sum(dy_PO, 0)];
    },
  }));
}

/** `max(x, 0)`. Its gradient needs only the output, so the input can be dropped, and fused away, after the forward pass. */
export function relu(x: tf.Tensor): tf.Tensor {
  return withGradient([x], ([x]) => {
    const y = tf.relu(x!);
    return { value: y, saved: [y], backward: (dy, [y]) => [tf.mul(dy, tf.step(y!))] };
  });
}

/**
 * Zeroes what the mask drops and scales the rest, so that the mean stays: `y = x * keep / (1 - rate)`.
 *
 * @param keep  bool, same shape as x; borrowed until the backward pass
 */
export function dropout(x: tf.Tensor, keep: tf.Tensor, rate: number): tf.Tensor {
  const apply = (tensor: tf.Tensor): tf.Tensor => tf.mul(tensor, tf.mul(tf.cast(keep, "float32"), 1 / (1 - rate)));
  return withGradient([x], ([x]) => ({ value: apply(x!), saved: [], backward: (dy) => [apply(dy)] }));
}

/**
 * Normalises each row to mean 0 and variance 1, then scales and shifts (Ba et al. 2016, equation 4; variance without Bessel's correction).
 *
 *   n  = (x - mean) * inverseDeviation
 *   dx = inverseDeviation * (g - mean(g) - n * mean(g * n)),   g = dy * gain
 */
export function layerNorm(x_PD: tf.Tensor, gain_D: tf.Tensor, bias_D: tf.Tensor): tf.Tensor {
  return withGradient([x_PD, gain_D, bias_D], ([x_PD, gain_D, bias_D]) => {
    const { value, mean, inverseDeviation } = layerNormParts(x_PD!, gain_D!, bias_D!);
    return {
      value,
      saved: [x_PD!, gain_D!, mean, inverseDeviation],
      backward: (dy, [x, gain, mean, inverseDeviation]) => {
        const normalised = tf.mul(tf.sub(x!, mean!), inverseDeviation!);
        const g = tf.mul(dy, gain!);
        const centred = tf.sub(tf.sub(g, tf.mean(g, -1, true)), tf.mul(normalised, tf.mean(tf.mul(g, normalised), -1, true)));
        return [tf.mul(centred, inverseDeviation!), tf.sum(tf.mul(dy, normalised), 0), tf.sum(dy, 0)];
      },
    };
  });
}

/** Value, and per row the mean and 1 / standard deviation: one kernel where the backend has it. */
function layerNormParts(
  x_PD: tf.Tensor,
  gain_D: tf.Tensor,
  bias_D: tf.Tensor,
): { value: tf.Tensor; mean: tf.Tensor; inverseDeviation: tf.Tensor } {
  if (hasKernel("LayerNormalization")) {
    const inputs = { x: x_PD, gain: gain_D, bias: bias_D };
    const [value, mean, inverseDeviation] = tf
      .engine()
      .runKernel("LayerNormalization", inputs, { epsilon: LAYER_NORM_EPSILON }) as tf.Tensor[];
    return { value: value!, mean: mean!, inverseDeviation: inverseDeviation! };
  }
  const mean = tf.mean(x_PD, -1, true);
  const centred = tf.sub(x_PD, mean);
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), LAYER_NORM_EPSILON));
  return { value: tf.add(tf.mul(tf.mul(centred, inverseDeviation), gain_D), bias_D), mean, inverseDeviation };
}

/**
 * The rows of x at `indices`; the gradient puts them back and leaves 0 elsewhere.
 *
 * The way back is a lookup too, into the gradient with one row of zeros after it: a scatter would have to define what parallel writes do.
 *
 * @param indices_S  int32, distinct; borrowed
 * @param inverse_P  int32, for each row of x its place in `indices_S`, or S where it is not selected; borrowed
 */
export function selectRows(x_PD: tf.Tensor, indices_S: tf.Tensor, inverse_P: tf.Tensor): tf.Tensor {
  const D = x_PD.shape[1]!;
  return withGradient([x_PD], ([x_PD]) => ({
    value: tf.gather(x_PD!, indices_S as tf.Tensor1D),
    saved: [],
    backward: (dy_SD) => [tf.gather(tf.concat([dy_SD, tf.zeros([1, D])], 0), inverse_P as tf.Tensor1D)],
  }));
}

/** `log softmax` over the last axis. No gradient of its own: callers state theirs. */
export function logSoftmax(x: tf.Tensor): tf.Tensor {
  if (hasKernel("LogSoftmax")) return tf.engine().runKernel("LogSoftmax", { logits: x }) as tf.Tensor;
  const shifted = tf.sub(x, tf.max(x, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}

/** @file The recipes a run can start from. A preset is a whole configuration; whatever is set over it is recorded with the run. */
import type { Preset } from "#contracts/procedures/runs.ts";
import { runConfigSchema } from "#contracts/run.ts";

const sample: Preset = {
  name: "sample",
  title: "Sample model",
  description:
    "Fine-tunes the small base model that ships with Callsmith, one epoch over the workspace's training split, in minutes on a CPU.",
  config: runConfigSchema.parse({ preset: "sample", learningRate: 5e-4, microBatchSize: 4, gradientAccumulationSteps: 1 }),
  notReported: [],
};

/**
 * "Small Language Models for Efficient Agentic Tool Calling", arXiv 2512.15943: facebook/opt-350m, full fine-tune with TRL's
 * SFTTrainer, one epoch over 187,542 ToolBench rows.
 */
const awsPaper: Preset = {
  name: "aws-paper",
  title: "OPT-350M as published (arXiv 2512.15943)",
  description:
    "The published single-epoch recipe: learning rate 5e-5, 100 warm-up steps, effective batch 32 (8 x 4), clipping at 0.3, weight decay " +
    "0.01, loss over the whole sequence. Fetch facebook/opt-350m first, or set baseModel to its folder. The paper trained in FP16 mixed " +
    "precision with gradient checkpointing; this preset trains in FP32 unless precision is set to fp16.",
  config: runConfigSchema.parse({
    preset: "aws-paper",
    baseModel: "facebook/opt-350m",
    epochs: 1,
    learningRate: 5e-5,
    lrSchedule: "linear",
    warmupSteps: 100,
    microBatchSize: 8,
    gradientAccumulationSteps: 4,
    maxGradNorm: 0.3,
    weightDecay: 0.01,
    maxLength: 2048,
    maskMode: "everything",
    evalEverySteps: 250,
    saveEverySteps: 250,
  }),
  notReported: [
    { setting: "lrSchedule", note: "Named in no source; linear decay, Hugging Face Trainer's default, stands in." },
    { setting: "microBatchSize", note: "Effective batch 32 through 4 accumulation steps is reported; 8 per device follows for one GPU." },
    {
      setting: "maxLength",
      note: "8192 is reported, but OPT-350M has 2,048 learned positions and cannot read further; 2,048 stands in.",
    },
    { setting: "maskMode", note: "No loss mask is described, so the loss covers the whole sequence." },
    { setting: "beta1", note: "Not reported; AdamW's default 0.9." },
    { setting: "beta2", note: "Not reported; AdamW's default 0.999." },
    { setting: "epsilon", note: "Not reported; AdamW's default 1e-8." },
    { setting: "dropout", note: "Not reported; the model's own value (0.1 in OPT-350M's config.json)." },
    { setting: "seed", note: "Not reported; 1 stands in." },
    { setting: "evalEverySteps", note: "No evaluation during training is described; 250 stands in." },
    { setting: "saveEverySteps", note: "No checkpoints are described; 250 stands in." },
  ],
};

export const PRESETS: readonly Preset[] = [sample, awsPaper];

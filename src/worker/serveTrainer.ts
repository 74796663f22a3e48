/**
 * @file What the trainer process does with its messages: one request at a time, in order; steering is obeyed at once.
 *
 * When the core is gone, a run in progress is stopped, which saves a checkpoint, and the process ends.
 */
import { unusableEngine } from "#contracts/engines.ts";
import { AppError } from "#contracts/errors.ts";
import type {
  FromTrainer,
  GenerateRequest,
  MeasureRequest,
  PatchRequest,
  ProbeRequest,
  ScoreRequest,
  SerializedError,
  ToTrainer,
  TraceRequest,
  TrainRequest,
} from "#contracts/trainer.ts";
import { TrainControl } from "#core/training/trainControl.ts";
import { probeEngine } from "#engine/probeEngine.ts";
import type { Channel } from "./channel.ts";
import { createModelHolder } from "./generation.ts";
import { measureStep } from "./measureStep.ts";
import { answerPatch } from "./patchExamples.ts";
import { answerTrace } from "./traceExamples.ts";
import { trainRun } from "./trainRun.ts";

/** Settles when the core is gone and everything is saved. */
export function serveTrainer(channel: Channel): Promise<void> {
  const send = (message: FromTrainer): void => channel.send(message);
  const models = createModelHolder(send);
  const closed = new AbortController();
  /** Of requests that can be cancelled, by their ids. */
  const cancels = new Map<number, AbortController>();
  let control = new TrainControl();
  let queue: Promise<void> = Promise.resolve();

  async function train(request: TrainRequest): Promise<void> {
    try {
      const { step, reason, checkpoint } = await trainRun({ request, control, send });
      send({ type: "finished", step, reason, checkpoint });
    } catch (error) {
      send({ type: "failed", requestId: null, error: serialized(error) });
    } finally {
      if (!closed.signal.aborted) control = new TrainControl();
    }
  }

  async function measure(request: MeasureRequest): Promise<void> {
    try {
      send(await measureStep(request, send));
    } catch (error) {
      send({ type: "failed", requestId: null, error: serialized(error) });
    }
  }

  async function generate(request: GenerateRequest): Promise<void> {
    try {
      await models.generate(request, closed.signal);
    } catch (error) {
      send({ type: "failed", requestId: request.requestId, error: serialized(error) });
    }
  }

  async function score(request: ScoreRequest): Promise<void> {
    try {
      await models.score(request, closed.signal);
    } catch (error) {
      send({ type: "failed", requestId: request.requestId, error: serialized(error) });
    }
  }

  async function trace(request: TraceRequest | PatchRequest, signal: AbortSignal): Promise<void> {
    const tracing = { engineOf: models.engineOf, send, signal };
    try {
      await (request.type === "patch" ? answerPatch(request, tracing) : answerTrace(request, tracing));
    } catch (error) {
      send({ type: "failed", requestId: request.requestId, error: serialized(error) });
    } finally {
      cancels.delete(request.requestId);
    }
  }

  async function probe({ engine }: ProbeRequest): Promise<void> {
    try {
      send({ type: "probed", report: await probeEngine(engine) });
    } catch (error) {
      const found = `Trying it failed: ${AppError.from(error).message}`;
      send({ type: "probed", report: unusableEngine(engine, found, null) });
    }
  }

  channel.onMessage((message: ToTrainer) => {
    switch (message.type) {
      case "train":
        queue = queue.then(() => train(message));
        return;
      case "measure":
        queue = queue.then(() => measure(message));
        return;
      case "generate":
        queue = queue.then(() => generate(message));
        return;
      case "score":
        queue = queue.then(() => score(message));
        return;
      case "index":
      case "queryFeatures":
      case "rerank":
      case "patch": {
        const cancel = new AbortController();
        cancels.set(message.requestId, cancel);
        queue = queue.then(() => trace(message, AbortSignal.any([cancel.signal, closed.signal])));
        return;
      }
      case "cancel":
        cancels.get(message.requestId)?.abort();
        return;
      case "probe":
        queue = queue.then(() => probe(message));
        return;
      case "pause":
        control.pause();
        return;
      case "resume":
        control.resume();
        return;
      case "stop":
        control.stop();
        return;
    }
  });

  return new Promise((resolve) => {
    channel.onClose(() => {
      closed.abort();
      control.stop();
      void queue.then(() => models.dispose()).finally(resolve);
    });
  });
}

function serialized(thrown: unknown): SerializedError {
  const { code, params, stack } = AppError.from(thrown).toJSON();
  return { code, params, ...(stack === undefined ? {} : { stack }) };
}

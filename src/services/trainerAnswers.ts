/**
 * @file What a trainer process is asked besides training: it generates, scores, and traces, one request after the other.
 *
 * Requests are told apart by their ids. What is cancelled is refused at once; the process gives up a trace at its next breath, while one in the
 * middle of a batch that it cannot leave is ended.
 */
import type { ExactScore } from "#contracts/attribution.ts";
import { AppError } from "#contracts/errors.ts";
import type {
  FromTrainer,
  GeneratedPrompt,
  GenerateRequest,
  IndexedMessage,
  IndexRequest,
  PatchedMessage,
  PatchRequest,
  QueryFeaturesRequest,
  RerankRequest,
  ScoreRequest,
  TokenScore,
} from "#contracts/trainer.ts";
import { endedUnasked, errorOf, type TrainerProcess } from "./trainerProcess.ts";

type Request = GenerateRequest | ScoreRequest | IndexRequest | QueryFeaturesRequest | RerankRequest | PatchRequest;
type WithoutId<R> = R extends Request ? Omit<R, "requestId"> : never;
/** What is asked, and how it is called off. */
type Options<R extends Request> = Omit<R, "type" | "requestId"> & { readonly signal?: AbortSignal };

export interface GenerateOptions extends Options<GenerateRequest> {
  /** Called as results come, in any order. */
  readonly onResults?: (results: readonly GeneratedPrompt[]) => void;
}

export interface ScoreOptions extends Options<ScoreRequest> {
  /** Called with each score as it comes. */
  readonly onScore?: (score: TokenScore) => void;
}

export interface IndexOptions extends Options<IndexRequest> {
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RerankOptions extends Options<RerankRequest> {
  readonly onScores?: (scores: readonly ExactScore[]) => void;
}

export interface PatchOptions extends Options<PatchRequest> {
  /** Called after each set. */
  readonly onPatched?: (patched: PatchedMessage) => void;
}

export interface Reranked {
  /** In the order of the indices. */
  readonly scores: readonly ExactScore[];
  readonly queryNorm: number;
  readonly seconds: number;
}

/** All reject with E_CANCELLED where they are called off, with E_TRAINER_LOST or E_TRAINER_KILLED where the process ends. */
export interface Answers {
  /** In the order of the prompts. */
  generate(options: GenerateOptions): Promise<{ readonly results: readonly GeneratedPrompt[]; readonly seconds: number }>;
  /** In the order of the questions. */
  score(options: ScoreOptions): Promise<readonly TokenScore[]>;
  /** Completes the feature file of a checkpoint; rows that were written before it was called off stay. */
  index(options: IndexOptions): Promise<Omit<IndexedMessage, "type" | "requestId">>;
  queryFeatures(
    options: Options<QueryFeaturesRequest>,
  ): Promise<Pick<Extract<FromTrainer, { type: "queryFeatures" }>, "spec" | "features">>;
  rerank(options: RerankOptions): Promise<Reranked>;
  /** In the order of the sets. */
  patch(options: PatchOptions): Promise<readonly PatchedMessage[]>;
}

export interface Answerer extends Answers {
  close(): void;
}

interface Pending {
  /** Takes an answer that is not the last word; true: that was all. */
  readonly take: (message: FromTrainer) => boolean;
  readonly reject: (error: AppError) => void;
}

interface AnswererEvents {
  readonly onReady: (engineName: string) => void;
  readonly onEnd: () => void;
}

/** What people call a request, in a sentence that says that it was called off. */
const WORDS: Readonly<Record<Request["type"], string>> = {
  generate: "Generation",
  score: "Generation",
  index: "Indexing",
  queryFeatures: "Tracing",
  rerank: "Tracing",
  patch: "The patch",
};

export function createAnswerer(trainer: TrainerProcess, { onReady, onEnd }: AnswererEvents): Answerer {
  const pending = new Map<number, Pending>();
  let lastRequestId = 0;

  const end = (error: AppError): void => {
    onEnd();
    for (const request of pending.values()) request.reject(error);
    pending.clear();
  };
  trainer.onExit((detail) => end(endedUnasked(detail)));
  trainer.onMessage((message) => {
    if (message.type === "ready") onReady(message.engine);
    if (!("requestId" in message)) return;
    const request = pending.get(message.requestId ?? -1);
    if (request === undefined) return;
    if (message.type === "failed") {
      pending.delete(message.requestId!);
      request.reject(errorOf(message.error));
    } else if (request.take(message)) pending.delete(message.requestId);
  });

  /** The process gives up a trace by itself; another batch may be long, so with nothing else to do the next request gets a new process. */
  function callOff(requestId: number, type: Request["type"]): void {
    if (type !== "generate" && type !== "score") trainer.send({ type: "cancel", requestId });
    else if (pending.size === 0) {
      onEnd();
      trainer.kill();
    }
  }

  /** @param listen gets the way to settle, returns what takes the answers */
  function ask<Answer>(
    request: WithoutId<Request>,
    signal: AbortSignal | undefined,
    listen: (resolve: (answer: Answer) => void) => Pending["take"],
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const cancelled = new AppError("E_CANCELLED", { what: WORDS[request.type] });
      if (signal?.aborted) return reject(cancelled);
      const requestId = ++lastRequestId;
      const onAbort = (): void => {
        if (!pending.delete(requestId)) return;
        callOff(requestId, request.type);
        reject(cancelled);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled = <Value>(settle: (value: Value) => void) => {
        return (value: Value): void => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      };
      pending.set(requestId, { take: listen(settled(resolve)), reject: settled(reject) });
      trainer.send({ ...request, requestId });
    });
  }

  return {
    generate: ({ signal, onResults, ...request }) =>
      ask({ type: "generate", ...request }, signal, (resolve) => {
        const results = new Array<GeneratedPrompt | undefined>(request.prompts.length);
        return (message) => {
          if (message.type === "generated") {
            for (const result of message.results) results[result.promptIndex] = result;
            onResults?.(message.results);
          } else if (message.type === "generatedAll") {
            resolve({ results: results.filter((result) => result !== undefined), seconds: message.seconds });
            return true;
          }
          return false;
        };
      }),
    score: ({ signal, onScore, ...request }) =>
      ask({ type: "score", ...request }, signal, (resolve) => {
        const scores: TokenScore[] = [];
        return (message) => {
          if (message.type !== "scored") return false;
          scores.push(message.score);
          onScore?.(message.score);
          if (scores.length < request.questions.length) return false;
          resolve(scores);
          return true;
        };
      }),
    index: ({ signal, onProgress, ...request }) =>
      ask({ type: "index", ...request }, signal, (resolve) => (message) => {
        if (message.type === "indexing") onProgress?.(message.done, message.total);
        if (message.type !== "indexed") return false;
        const { path, numAdded, numRows, seconds } = message;
        resolve({ path, numAdded, numRows, seconds });
        return true;
      }),
    queryFeatures: ({ signal, ...request }) =>
      ask({ type: "queryFeatures", ...request }, signal, (resolve) => (message) => {
        if (message.type !== "queryFeatures") return false;
        resolve({ spec: message.spec, features: message.features });
        return true;
      }),
    rerank: ({ signal, onScores, ...request }) =>
      ask({ type: "rerank", ...request }, signal, (resolve) => {
        const byIndex = new Map<number, ExactScore>();
        return (message) => {
          if (message.type === "reranked") {
            for (const score of message.scores) byIndex.set(score.index, score);
            onScores?.(message.scores);
          }
          if (message.type !== "rerankedAll") return false;
          const scores = request.indices.flatMap((index) => byIndex.get(index) ?? []);
          resolve({ scores, queryNorm: message.queryNorm, seconds: message.seconds });
          return true;
        };
      }),
    patch: ({ signal, onPatched, ...request }) =>
      ask({ type: "patch", ...request }, signal, (resolve) => {
        const patched: PatchedMessage[] = [];
        return (message) => {
          if (message.type !== "patched") return false;
          patched.push(message);
          onPatched?.(message);
          if (patched.length < request.sets.length) return false;
          resolve(patched);
          return true;
        };
      }),
    close: () => {
      end(new AppError("E_CANCELLED", { what: "Generation" }));
      trainer.kill();
    },
  };
}

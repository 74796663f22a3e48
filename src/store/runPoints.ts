/** @file What a run measured: one point a step, one line an evaluation, and which trajectory each example came from. */
import type { RunPoints } from "#contracts/procedures/runs.ts";
import type { EvalMetrics, StepMetrics } from "#contracts/run.ts";
import type { TrajectoryId } from "#contracts/trajectory.ts";
import { requireNumber, trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

export type ExamplePart = "train" | "validation";

/** What one trajectory gave to an example. */
export interface RunExample {
  /** Index into the run's example file of that part. */
  readonly position: number;
  readonly trajectoryId: TrajectoryId;
  /** Names the revision's content; see `ContentRepository`. */
  readonly contentId: number;
  readonly numSupervisedTokens: number;
}

interface PointRow {
  readonly step: number;
  readonly loss: number | null;
  readonly learning_rate: number;
  readonly grad_norm: number | null;
  readonly clipped: number;
  readonly skipped: number;
  readonly num_tokens: number;
  readonly num_supervised: number;
  readonly seconds: number;
  readonly tokens_per_second: number;
  readonly memory_bytes: number;
  readonly segment_loss: string;
  readonly examples: string;
}

export type RunPointRepository = ReturnType<typeof runPointRepository>;

export function runPointRepository(db: Db) {
  const insertPoint = db.prepare(`
    INSERT OR REPLACE INTO run_point (run, step, loss, learning_rate, grad_norm, clipped, skipped, num_tokens, num_supervised, seconds,
      tokens_per_second, memory_bytes, segment_loss, examples) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const advance = db.prepare<[number, number | null, number]>("UPDATE run SET step = ?, last_loss = ? WHERE number = ?");
  const selectPoints = db.prepare<[number, number], PointRow>(`
    SELECT step, loss, learning_rate, grad_norm, clipped, tokens_per_second, memory_bytes FROM run_point
    WHERE run = ? AND step > ? ORDER BY step`);
  const selectPoint = db.prepare<[number, number], PointRow>("SELECT * FROM run_point WHERE run = ? AND step = ?");
  const selectSkipped = db
    .prepare<[number, number], number>("SELECT step FROM run_point WHERE run = ? AND skipped = ? ORDER BY step")
    .pluck();
  const insertEval = db.prepare(
    "INSERT OR REPLACE INTO run_eval (run, step, loss, num_examples, num_supervised, seconds) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const setEvalLoss = db.prepare<[number | null, number]>("UPDATE run SET last_eval_loss = ? WHERE number = ?");
  const selectEvals = db.prepare<[number], EvalMetrics>(`
    SELECT step, loss, num_examples AS numExamples, num_supervised AS numSupervisedTokens, seconds FROM run_eval
    WHERE run = ? ORDER BY step`);
  const deleteExamples = db.prepare<[number, string]>("DELETE FROM run_example WHERE run = ? AND part = ?");
  const insertExample = db.prepare(
    "INSERT INTO run_example (run, part, position, trajectory_id, content_id, num_supervised) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const selectExamples = db.prepare<[number, string, number], { trajectory_id: number; content_id: number; num_supervised: number }>(
    "SELECT trajectory_id, content_id, num_supervised FROM run_example WHERE run = ? AND part = ? AND position = ? ORDER BY trajectory_id",
  );
  const selectPositions = db
    .prepare<[number, string], number>(
      `SELECT DISTINCT position FROM run_example WHERE run = ? AND part = 'train' AND trajectory_id IN (SELECT value FROM json_each(?))
       ORDER BY position`,
    )
    .pluck();
  const selectTrained = db
    .prepare<[number], number>("SELECT DISTINCT trajectory_id FROM run_example WHERE run = ? AND part = 'train'")
    .pluck();
  const numberOf = (id: string) => requireNumber("run", id);

  return {
    /** Writes: points in one transaction, and the run's step and last loss with them. */
    addPoints(id: string, points: readonly StepMetrics[]): void {
      const last = points.at(-1);
      if (last === undefined) return;
      const run = numberOf(id);
      db.transaction(() => {
        for (const p of points) {
          insertPoint.run(
            ...[run, p.step, finite(p.loss), p.learningRate, finite(p.gradNorm), Number(p.clipped), skipCode(p), p.numTokens],
            ...[p.numSupervisedTokens, p.seconds, p.tokensPerSecond, p.memoryBytes],
            ...[JSON.stringify(p.segmentLoss), JSON.stringify(p.examples)],
          );
        }
        advance.run(last.step, finite(last.loss), run);
      }).immediate();
    },

    /** Writes: one evaluation on the held-out examples. */
    addEval(id: string, metrics: EvalMetrics): void {
      const run = numberOf(id);
      db.transaction(() => {
        insertEval.run(run, metrics.step, finite(metrics.loss), metrics.numExamples, metrics.numSupervisedTokens, metrics.seconds);
        setEvalLoss.run(finite(metrics.loss), run);
      }).immediate();
    },

    /** Writes: replaces the record of what a part of the run's example file holds. */
    setExamples(
      id: string,
      part: ExamplePart,
      examples: Iterable<Omit<RunExample, "trajectoryId"> & { readonly trajectoryId: string }>,
    ): void {
      const run = numberOf(id);
      db.transaction(() => {
        deleteExamples.run(run, part);
        for (const example of examples) {
          const trajectory = requireNumber("trajectory", example.trajectoryId);
          insertExample.run(run, part, example.position, trajectory, example.contentId, example.numSupervisedTokens);
        }
      }).immediate();
    },

    /** Reads only: points after a step, one column a measure. */
    points(id: string, afterStep = 0): RunPoints {
      const rows = selectPoints.all(numberOf(id), afterStep);
      return {
        step: rows.map((row) => row.step),
        loss: rows.map((row) => row.loss),
        learningRate: rows.map((row) => row.learning_rate),
        gradNorm: rows.map((row) => row.grad_norm),
        clipped: rows.map((row) => row.clipped === 1),
        tokensPerSecond: rows.map((row) => row.tokens_per_second),
        memoryBytes: rows.map((row) => row.memory_bytes),
      };
    },

    /** Reads only: one whole point, or null; a loss or norm that was not finite comes back as NaN. */
    point(id: string, step: number): StepMetrics | null {
      const row = selectPoint.get(numberOf(id), step);
      return row === undefined ? null : metricsOf(row);
    },

    /** Reads only: steps whose update the non-finite guard left out. */
    skippedSteps(id: string): readonly number[] {
      return selectSkipped.all(numberOf(id), SKIPPED);
    },

    /** Reads only: steps left out because half precision could not hold their gradients. */
    overflowedSteps(id: string): readonly number[] {
      return selectSkipped.all(numberOf(id), OVERFLOWED);
    },

    /** Reads only: evaluations in order of step. */
    evals(id: string): readonly EvalMetrics[] {
      return selectEvals.all(numberOf(id));
    },

    /** Reads only: the trajectories that the run trains on. */
    trainedOn(id: string): ReadonlySet<TrajectoryId> {
      return new Set(selectTrained.all(numberOf(id)).map(trajectoryIdOf));
    },

    /** Reads only: places in the example file that were trained on and that some of these trajectories gave to. */
    trainPositions(id: string, trajectories: readonly string[]): readonly number[] {
      return selectPositions.all(numberOf(id), JSON.stringify(trajectories.map((each) => requireNumber("trajectory", each))));
    },

    /** Reads only: where an example of the run came from; more than one line where rows of several trajectories were merged into it. */
    origins(id: string, part: ExamplePart, position: number): readonly RunExample[] {
      return selectExamples.all(numberOf(id), part, position).map(({ trajectory_id, content_id, num_supervised }) => ({
        position,
        trajectoryId: trajectoryIdOf(trajectory_id),
        contentId: content_id,
        numSupervisedTokens: num_supervised,
      }));
    },
  };
}

function metricsOf(row: PointRow): StepMetrics {
  return {
    step: row.step,
    loss: row.loss ?? Number.NaN,
    learningRate: row.learning_rate,
    gradNorm: row.grad_norm ?? Number.NaN,
    clipped: row.clipped === 1,
    skipped: row.skipped > 0,
    overflowed: row.skipped === OVERFLOWED,
    numTokens: row.num_tokens,
    numSupervisedTokens: row.num_supervised,
    seconds: row.seconds,
    tokensPerSecond: row.tokens_per_second,
    memoryBytes: row.memory_bytes,
    segmentLoss: JSON.parse(row.segment_loss) as StepMetrics["segmentLoss"],
    examples: JSON.parse(row.examples) as StepMetrics["examples"],
  };
}

/** What the column `skipped` holds besides 0. */
const [SKIPPED, OVERFLOWED] = [1, 2];
const skipCode = ({ skipped, overflowed }: StepMetrics): number => (overflowed ? OVERFLOWED : Number(skipped));

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

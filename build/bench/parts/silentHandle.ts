/** @file A job's handle without a job, for measurements that call what jobs do. */
import type { JobHandle } from "#services/jobs.ts";

/** @param note told of each new phase */
export function silentHandle(note: (phase: string) => void): JobHandle {
  let last = "";
  return {
    id: "bench",
    signal: new AbortController().signal,
    report: ({ phase }) => {
      if (phase === undefined || phase === last) return;
      last = phase;
      note(phase);
    },
    onPause: () => undefined,
    paused: () => undefined,
  };
}

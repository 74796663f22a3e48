/**
 * @file What Electron's main process and the core process say to each other. Page traffic is not among it: that goes over MessagePorts
 * of its own, which main only hands over.
 *
 * The trainer is a process that main forks when the core asks (a utility process cannot fork one); main ties the two together with a
 * pair of ports, over which they speak `contracts/trainer.ts`.
 */
import type { SerializedError } from "./trainer.ts";

export type ToCore =
  /** First of all. `root` is the folder with `resources/` and `datasets/`. */
  | { readonly type: "open"; readonly root: string; readonly workspaceDir: string; readonly isSample: boolean }
  /** With one port, to a page. */
  | { readonly type: "connect" }
  /** With one port, to the trainer asked for. */
  | { readonly type: "trainerPort"; readonly trainerId: number }
  | { readonly type: "trainerEnded"; readonly trainerId: number; readonly exitCode: number }
  /** Save checkpoints and close; answered with `stopped`. */
  | { readonly type: "stop" };

export type FromCore =
  | { readonly type: "opened" }
  | { readonly type: "notOpened"; readonly error: SerializedError & { readonly message: string; readonly fix: string } }
  | { readonly type: "startTrainer"; readonly trainerId: number }
  | { readonly type: "killTrainer"; readonly trainerId: number }
  /** `fraction` is null where no running job knows its total. */
  | { readonly type: "jobs"; readonly running: readonly string[]; readonly fraction: number | null }
  | { readonly type: "jobEnded"; readonly title: string; readonly state: string }
  | { readonly type: "stopped" };

/** First message of main to a trainer process, with one port: from then on the trainer speaks over that port only. */
export interface TrainerPortMessage {
  readonly type: "port";
}

/** @file Entry of the trainer process: owns the compute engine, whose native runs block, and may crash without taking the core along. */
import { openChannel } from "./channel.ts";
import { serveTrainer } from "./serveTrainer.ts";

// Ctrl-C in a terminal reaches the whole group of processes; the core decides what becomes of a run.
process.on("SIGINT", () => undefined);

await serveTrainer(await openChannel());
process.exit(0);

/** @file Entry of the core process under Electron: opens the workspace and serves the procedures on each port that main hands over. */
import type { MessagePortMain } from "electron";
import { RPCHandler } from "@orpc/server/message-port";
import { AppError } from "#contracts/errors.ts";
import type { FromCore, ToCore } from "#contracts/processes.ts";
import { openCore, type Core } from "#services/core.ts";
import { corePlaces } from "#services/places.ts";
import { router } from "#services/router/index.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { warmListsSoon } from "#services/trajectories.ts";
import { tellOfJobs } from "./jobNews.ts";
import { TrainersOfMain } from "./trainersOfMain.ts";

const { parentPort } = process;
const tell = (message: FromCore): void => parentPort.postMessage(message);
const trainers = new TrainersOfMain(tell);
const handler = new RPCHandler(router);
let isOpened: (core: Core) => void;
/** Never settles where the workspace cannot be opened: main has been told, and pages wait for another. */
const opened = new Promise<Core>((resolve) => (isOpened = resolve));
let openedCore: Core | undefined;

function open({ workspaceDir, isSample, root }: Extract<ToCore, { type: "open" }>): void {
  try {
    const core = openCore({ workspaceDir, ...corePlaces(root, import.meta.filename, import.meta.dirname), spawn: trainers.spawn });
    if (isSample) prepareSampleWorkspace(core);
    void tellOfJobs(core.jobs, tell);
    openedCore = core;
    isOpened(core);
    tell({ type: "opened" });
    warmListsSoon(core);
  } catch (thrown) {
    const { code, params, message, fix } = AppError.from(thrown).toJSON();
    tell({ type: "notOpened", error: { code, params, message, fix } });
  }
}

async function serve(port: MessagePortMain): Promise<void> {
  const core = await opened;
  handler.upgrade(port, { context: { core } });
  port.start();
}

async function stop(): Promise<void> {
  await openedCore?.close();
  tell({ type: "stopped" });
  process.exit(0);
}

parentPort.on("message", ({ data, ports: [port] }) => {
  const message = data as ToCore;
  switch (message.type) {
    case "open":
      return open(message);
    case "connect":
      return void (port !== undefined && serve(port));
    case "trainerPort":
      return port === undefined ? undefined : trainers.connected(message.trainerId, port);
    case "trainerEnded":
      return trainers.ended(message.trainerId, message.exitCode);
    case "stop":
      return void stop();
  }
});

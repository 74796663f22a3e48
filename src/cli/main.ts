/** @file The command line: finds the command, checks its words, runs it, and turns what happens into output and an exit code. */
import { parseArgs } from "node:util";
import { AppError } from "#contracts/errors.ts";
import { textOption, usageError, type Command } from "./command.ts";
import { cases } from "./commands/cases.ts";
import { demo } from "./commands/demo.ts";
import { engines } from "./commands/engines.ts";
import { evaluate } from "./commands/evaluate.ts";
import { exportRows } from "./commands/export.ts";
import { exportModel } from "./commands/exportModel.ts";
import { importFiles } from "./commands/import.ts";
import { models } from "./commands/models.ts";
import { serve } from "./commands/serve.ts";
import { tokens } from "./commands/tokens.ts";
import { trace } from "./commands/trace.ts";
import { train } from "./commands/train.ts";
import { listenForInterrupt } from "../server/interrupt.ts";
import { toAppError } from "./procedureError.ts";
import { openTerminal, printError, printJson } from "./terminal.ts";
import { watchJob } from "./watchJob.ts";
import { openWorkbench, type Place, type Workbench } from "./workbench.ts";

export const COMMANDS: readonly Command[] = [
  demo,
  importFiles,
  tokens,
  models,
  train,
  evaluate,
  cases,
  trace,
  exportRows,
  exportModel,
  engines,
  serve,
];

const COMMON_OPTIONS = {
  workspace: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const COMMON_HELP = `  --workspace DIR  the workspace folder (default: the sample workspace)
  --json           print exactly one JSON object on standard output; progress stays on standard error
  --help           these lines`;

const PROGRAM = "npm run callsmith --";

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `Usage: ${PROGRAM} COMMAND [ARGUMENTS]\n\n${lines.join("\n")}\n\nEvery command takes\n${COMMON_HELP}\n\nExit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted (what was done is saved).`;
}

function helpOf(command: Command): string {
  return `Usage: ${PROGRAM} ${command.name} ${command.usage}\n\n${command.summary}\n\n${command.help}\n${COMMON_HELP}`;
}

function parse(command: Command, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { ...command.options, ...COMMON_OPTIONS }, allowPositionals: true });
  } catch (error) {
    throw usageError(error instanceof Error ? error.message.replace(/\.$/, "") : String(error));
  }
}

function find(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw usageError(`there is no command "${name}"; there are ${COMMANDS.map((c) => c.name).join(", ")}`);
  return command;
}

async function runCommand(command: Command, args: readonly string[], place: Place): Promise<number> {
  const { values, positionals } = parse(command, args);
  if (values.help === true) {
    process.stdout.write(`${helpOf(command)}\n`);
    return 0;
  }
  const isJson = values.json === true;
  const terminal = openTerminal({ isJson });
  const interrupt = listenForInterrupt(terminal.note);
  let workbench: Workbench | undefined;
  const openAtOnce = (workspaceDir = textOption(values, "workspace")): Workbench => (workbench ??= openWorkbench(place, workspaceDir));
  const open = async (workspaceDir?: string): Promise<Workbench> => {
    const opened = openAtOnce(workspaceDir);
    if (opened.sampleImport !== null) await watchJob(opened.client, opened.sampleImport.id, { terminal, signal: interrupt.signal });
    if (interrupt.signal.aborted) throw new AppError("E_CANCELLED", { what: "The first import of the sample set" });
    return opened;
  };
  try {
    const result = await command.run({
      values,
      positionals,
      terminal,
      interrupted: interrupt.signal,
      place,
      open,
      openAtOnce,
    });
    if (isJson && result !== undefined) await printJson(result);
    return interrupt.exitCode() ?? 0;
  } finally {
    terminal.endProgress();
    await workbench?.core.close();
    interrupt.stopListening();
  }
}

/** Runs the command that `args` names and gives the exit code. */
export async function main(args: readonly string[], place: Place): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(`${overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  try {
    return await runCommand(find(name), rest, place);
  } catch (thrown) {
    const error = toAppError(thrown);
    await printError(error, { isJson: rest.includes("--json") });
    if (error.code === "E_USAGE" || error.code === "E_CONFIG_INVALID") return 2;
    return error.code === "E_CANCELLED" ? 130 : 1;
  }
}

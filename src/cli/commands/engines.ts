/** @file `engines`: what can compute on this machine. */
import { HALF_PRECISION_WORDS } from "#contracts/engines.ts";
import { usageError, type Command } from "../command.ts";

export const engines: Command = {
  name: "engines",
  usage: "",
  summary: "List the compute engines: which are usable here, and what the others lack.",
  help: "  (train takes one with --set engine=NAME; auto chooses; --set precision=fp16 asks for half precision)",
  options: {},
  run: async ({ positionals, terminal, openAtOnce }) => {
    if (positionals.length > 0) throw usageError(`"${positionals[0]}" is one argument too many`);
    const { client } = openAtOnce();
    terminal.note("Trying each engine in a process of its own");
    const reports = await client.engines.list();
    for (const { id, name, isUsable, found, remedy, halfPrecision } of reports) {
      terminal.print(`${id.padEnd(14)} ${isUsable ? "usable    " : "not usable"}  ${name}`);
      terminal.print(`${" ".repeat(27)}${found}${remedy === null ? "" : ` ${remedy}`}`);
      if (isUsable) terminal.print(`${" ".repeat(27)}${HALF_PRECISION_WORDS[halfPrecision]}`);
    }
    return { engines: reports };
  },
};

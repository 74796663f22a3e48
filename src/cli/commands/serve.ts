/** @file `serve`: the workbench as a web page, until Ctrl-C. */
import { interrupted as untilInterrupted } from "../../server/interrupt.ts";
import { parsePort, sentencesFor, serveCore } from "../../server/serveCore.ts";
import { textOption, usageError, type Command } from "../command.ts";
import { printJson } from "../terminal.ts";

export const serve: Command = {
  name: "serve",
  usage: "[--port N]",
  summary: "Serve the workbench as a web page on this machine; Ctrl-C saves and ends.",
  help: "  --port N         port to listen on (default: a free one)",
  options: { port: { type: "string" } },
  run: async ({ values, positionals, terminal, interrupted, place, openAtOnce }) => {
    if (positionals.length > 0) throw usageError(`"${positionals[0]}" is one argument too many`);
    const port = parsePort(textOption(values, "port"));
    const { core } = openAtOnce();
    const server = await serveCore(core, { root: place.root, port });
    const { address, hints } = sentencesFor(server);
    // The address is the result, and it is needed now, not at the end.
    if (values["json"] === true) await printJson({ url: server.url, port: server.port });
    else terminal.print(address);
    terminal.note(hints);
    await untilInterrupted(interrupted);
    await server.close();
    return undefined;
  },
};

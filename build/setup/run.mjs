/** @file `npm run serve|callsmith|bench`: sets up what is missing, then runs the program under a Node that is new enough. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { prepareBuild } from "./built.mjs";
import { prepareDependencies } from "./dependencies.mjs";
import { root, runEntry, runProgram, SetupError } from "./say.mjs";

/** Node runs the TypeScript sources as they are; only what serves the page needs a build. */
const PROGRAMS = {
  serve: { file: "out/main/serve.js", needsBuild: () => true },
  cli: { file: "src/cli/index.ts", needsBuild: (args) => args[0] === "serve" },
  bench: { file: "build/bench/index.ts", needsBuild: (args) => args[0] === "editor" },
};

runEntry(async () => {
  const [name = "", ...args] = process.argv.slice(2);
  const program = PROGRAMS[name];
  if (program === undefined) throw new SetupError(`"${name}" is not one of: ${Object.keys(PROGRAMS).join(", ")}.`);
  const node = await prepareDependencies();
  if (program.needsBuild(args)) await prepareBuild(node);
  const file = join(root, program.file);
  if (!existsSync(file)) throw new SetupError(`${program.file} is not part of this version.`);
  // npm runs scripts in the project's folder; paths on the command line are meant from where the person is
  return (await runProgram(node, [file, ...args], { cwd: process.env.INIT_CWD ?? root })).code ?? 1;
});

/** @file `npm start`: sets up what is missing, then opens the workbench; as a window where one can be opened, else as a web page. */
import { join } from "node:path";
import { prepareBuild } from "./built.mjs";
import { prepareDependencies } from "./dependencies.mjs";
import { prepareElectron, whyNoDisplay } from "./electron.mjs";
import { root, runEntry, runProgram, say } from "./say.mjs";

const QUICK_END_MS = 5_000;
/** npm runs scripts in the project's folder; paths on the command line are meant from where the person is. */
const cwd = process.env.INIT_CWD ?? root;

/** Opens the desktop shell. Gives its exit code, or the reason why it could not be opened. */
async function openDesktop(node, args) {
  const noDisplay = whyNoDisplay();
  if (noDisplay !== undefined) return { reason: noDisplay };
  const electron = await prepareElectron(node);
  if (electron.reason !== undefined) return electron;
  const env = { ...process.env };
  delete env.ELECTRON_RUN_AS_NODE; // set by some editors' terminals: Electron would then open no window
  say("opening the workbench");
  const startedAt = Date.now();
  const { code } = await runProgram(electron.path, [root, ...args], { env, cwd });
  if (code !== 0 && code !== 130 && code !== 143 && Date.now() - startedAt < QUICK_END_MS) {
    return { reason: `Electron ended at once (${code === null ? "it could not be started" : `exit code ${code}`})` };
  }
  return { code: code ?? 1 };
}

runEntry(async () => {
  const args = process.argv.slice(2);
  const node = await prepareDependencies();
  await prepareBuild(node);
  const desktop = args.includes("--web") ? { reason: "--web was given" } : await openDesktop(node, args);
  if (desktop.reason === undefined) return desktop.code;
  say(`serving the workbench as a web page: ${desktop.reason}`);
  const serveArgs = args.filter((arg) => arg !== "--web");
  return (await runProgram(node, [join(root, "out/main/serve.js"), ...serveArgs], { cwd })).code ?? 1;
});

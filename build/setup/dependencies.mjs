/** @file The ground under everything: Node and npm new enough, node_modules as package-lock.json says, and Node 24 from it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runProgram, say, SetupError, tail } from "./say.mjs";

const MINIMUM_NODE = [20, 19];
const MINIMUM_NPM = [10, 0];
/** From this version on npm reads `allowScripts` of package.json. */
const NPM_WITH_ALLOW_SCRIPTS = [11, 0];

const parse = (text) =>
  /(\d+)\.(\d+)/
    .exec(text ?? "")
    ?.slice(1)
    .map(Number) ?? [0, 0];
const atLeast = (version, minimum) => version[0] > minimum[0] || (version[0] === minimum[0] && version[1] >= minimum[1]);

/** Where npm's own script is: npm tells its children; otherwise the npm on PATH is asked for. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  // npm's own Node, not the one in node_modules: `npm ci` deletes that one under our feet
  const node = process.env.npm_node_execpath ?? process.execPath;
  if (script !== undefined && /npm-cli\.(c|m)?js$/.test(script) && existsSync(script)) return { file: node, args: [script] };
  return { file: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };
}

async function npmVersion(npm) {
  const { code, output } = await runProgram(npm.file, [...npm.args, "--version"], { quiet: true });
  if (code !== 0) throw new SetupError("npm was not found. Install Node.js 20.19 or newer, which brings it, and try again.");
  return parse(output);
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm leaves its own record of what it installed in
 * `node_modules/.package-lock.json`; optional packages of other platforms are rightly absent from it.
 */
export function dependenciesAreCurrent(directory = root) {
  try {
    const wanted = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8")).packages;
    const installed = JSON.parse(readFileSync(join(directory, "node_modules/.package-lock.json"), "utf8")).packages;
    return Object.entries(wanted).every(
      ([path, entry]) =>
        path === "" || (installed[path] === undefined ? entry.optional === true : installed[path].version === entry.version),
    );
  } catch {
    return false;
  }
}

const node24 = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");

/** The Node of node_modules where it works here, else the running one if it is new enough, else undefined. */
async function findModernNode() {
  if (existsSync(node24) && (await runProgram(node24, ["--version"], { quiet: true })).code === 0) return node24;
  return atLeast(parse(process.versions.node), [22, 18]) ? process.execPath : undefined;
}

async function install(npm, version) {
  if (!atLeast(version, MINIMUM_NPM)) {
    throw new SetupError(`npm ${version.join(".")} is too old: run "npm install -g npm@11", then try again.`);
  }
  say("installing dependencies (npm ci; once, about a minute)");
  const knowsAllowScripts = atLeast(version, NPM_WITH_ALLOW_SCRIPTS);
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  // `npm start -- --flag` leaves npm_config_* of that call in the environment; those of this project come from .npmrc
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...(knowsAllowScripts ? [] : ["--ignore-scripts"])];
  const { code } = await runProgram(npm.file, [...npm.args, ...args], { env, toStderr: true });
  if (code !== 0) {
    throw new SetupError(
      "The dependencies could not be installed (npm ci failed, see above). Check the connection to the npm registry and try again.",
    );
  }
  // An npm that does not know allowScripts would also compile better-sqlite3, which ships its binaries: only Node's own script runs.
  if (!knowsAllowScripts) await fetchNode(npm, env);
}

async function fetchNode(npm, env) {
  const { code, output } = await runProgram(npm.file, [...npm.args, "rebuild", "node"], { env, quiet: true });
  if (code !== 0) say(`Node 24 could not be fetched from the registry: ${tail(output)}`);
}

/** Makes node_modules current and gives the path of a Node that runs this project. */
export async function prepareDependencies() {
  if (!atLeast(parse(process.versions.node), MINIMUM_NODE)) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node ${MINIMUM_NODE.join(".")} or newer, then try again.`);
  }
  const npm = npmCommand();
  if (!dependenciesAreCurrent()) await install(npm, await npmVersion(npm));
  let node = await findModernNode();
  if (node === undefined) {
    say("fetching Node 24 from the registry");
    await fetchNode(npm, process.env);
    node = await findModernNode();
  }
  if (node === undefined) {
    throw new SetupError(
      'Node 22.18 or newer is needed and could not be fetched: run "npm rebuild node", or install Node 24, and try again.',
    );
  }
  return node;
}

/** @file `npm run engine -- NAME`: installs what an optional compute engine needs, from outside the npm registry, when somebody asks for it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, prepareDependencies } from "./dependencies.mjs";
import { root, runEntry, runProgram, say, SetupError } from "./say.mjs";

/** The release of TensorFlow.js that the rest of the product uses. */
const TENSORFLOW_VERSION = "4.22.0";

const ENGINES = {
  cuda: installCuda,
  "tfjs-node-gpu": () => installTensorflow("tfjs-node-gpu"),
  "tfjs-node": () => installTensorflow("tfjs-node"),
};

/** ONNX Runtime's own script; `.npmrc` keeps it from running with every `npm ci`. */
async function installCuda(node) {
  if (`${process.platform} ${process.arch}` !== "linux x64") throw new SetupError("ONNX Runtime has a CUDA provider for Linux x64 only.");
  const script = join(root, "node_modules/onnxruntime-node/script/install.js");
  // `true`, since it takes a version's name for "nothing asked for" and then does nothing under npm
  const { code } = await runProgram(node, [script], { env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "true" } });
  const library = join(root, "node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so");
  if (code !== 0 || !existsSync(library))
    throw new SetupError("ONNX Runtime's CUDA provider could not be fetched (see above). Check the connection and try again.");
}

/**
 * Not among the dependencies: with what it brings along it takes 300 MB and 127 packages, most of them unmaintained, on every machine,
 * for the few that have its CUDA. The package comes from the registry, its library from Google's storage.
 */
async function installTensorflow(name) {
  const npm = npmCommand();
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", `@tensorflow/${name}@${TENSORFLOW_VERSION}`];
  if ((await runProgram(npm.file, [...npm.args, ...args])).code !== 0)
    throw new SetupError(`@tensorflow/${name} could not be fetched from the registry (see above).`);
  const cwd = join(root, "node_modules/@tensorflow", name);
  const kind = name === "tfjs-node-gpu" ? "gpu" : "cpu";
  // the running Node: the one in node_modules may be newer than what the package's script knows
  if ((await runProgram(process.execPath, ["scripts/install.js", kind, "download"], { cwd })).code !== 0)
    throw new SetupError(
      "TensorFlow's library could not be fetched from storage.googleapis.com (see above). Check the connection and try again.",
    );
}

runEntry(async () => {
  const name = process.argv[2] ?? "";
  const install = ENGINES[name];
  if (install === undefined) throw new SetupError(`"${name}" is not one of: ${Object.keys(ENGINES).join(", ")}.`);
  await install(await prepareDependencies());
  say(`installed what ${name} needs; "npm run callsmith -- engines" tells whether it works here`);
});

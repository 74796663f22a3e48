/**
 * The architecture as two tables. A file in no listed folder is an error; so is an import that the tables do not allow.
 * The order of STAGES is the way data takes: a stage may import only the stages before it.
 */
const STAGES = ["trajectories", "tokenizer", "quality", "model", "training", "evaluation", "attribution"];

/**
 * Who may import whom, one line for each folder of src/.
 *
 * The page edits trajectories as it goes, without a question to the core for every key: it may use the pure stage that edits and compares
 * them, and no other. What compiles schemas is out of its reach (`page-compiles-no-schemas`): it asks `trajectories.check`.
 */
const LAYERS = {
  contracts: [],
  core: ["contracts"],
  engine: ["contracts", "core"],
  store: ["contracts"],
  services: ["contracts", "core", "store"],
  worker: ["contracts", "core", "engine", "services"],
  main: ["contracts", "services"],
  preload: ["contracts"],
  server: ["contracts", "services"],
  cli: ["contracts", "services", "server"],
  renderer: ["contracts", "core/trajectories"],
};

const layers = Object.keys(LAYERS);
const tests = "[.]test[.]ts$";
const folders = (names) => `^src/(${names.join("|")})/`;

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: { pathNot: tests },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "no-unknown-folder", severity: "error", from: { path: "^src/", pathNot: folders(layers) }, to: {} },
    {
      name: "no-unlisted-file",
      severity: "error",
      from: {
        orphan: true,
        path: "^src/",
        pathNot: `^src/((${layers.filter((l) => l !== "core").join("|")})/|core/(${STAGES.join("|")})/)`,
      },
      to: {},
    },
    { name: "not-resolvable", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "^(better-sqlite3|electron)$" } },
    ...layers.map((layer) => ({
      name: `layer-${layer}`,
      severity: "error",
      from: { path: `^src/${layer}/`, pathNot: tests },
      to: { path: "^src/", pathNot: folders([layer, ...LAYERS[layer]]) },
    })),
    ...STAGES.map((stage, i) => ({
      name: `stage-${stage}`,
      severity: "error",
      from: { path: `^src/core/${stage}/`, pathNot: tests },
      to: { path: "^src/core/", pathNot: `^src/core/(${STAGES.slice(0, i + 1).join("|")})/` },
    })),
    {
      name: "core-is-pure",
      severity: "error",
      from: { path: "^src/(core|contracts)/", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "tensors-only-in-model-and-engine",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(core/(model|training|evaluation|attribution)|engine)/", tests] },
      to: { path: "@tensorflow" },
    },
    {
      name: "onnx-only-in-engine",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/engine/" },
      to: { path: "node_modules/onnxruntime" },
    },
    {
      name: "sqlite-only-in-store",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/store/" },
      to: { path: "better-sqlite3|^node:sqlite|^sqlite$" },
    },
    {
      name: "electron-only-in-main-and-preload",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(main|preload)/" },
      to: { path: "^(node_modules/)?electron($|/)" },
    },
    {
      // Ajv makes functions from text, which the page's security policy forbids: it would fail there, and silently check nothing
      name: "page-compiles-no-schemas",
      severity: "error",
      from: { path: "^src/renderer/" },
      to: { path: "node_modules/ajv", reachable: true },
    },
    {
      name: "components-have-no-data-access",
      severity: "error",
      from: { path: "^src/renderer/(components|ui)/" },
      to: { path: "^src/renderer/(transport|features)/" },
    },
    {
      name: "features-are-islands",
      severity: "error",
      from: { path: "^src/renderer/features/([^/]+)/" },
      to: { path: "^src/renderer/features/", pathNot: "^src/renderer/features/$1/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.node.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};

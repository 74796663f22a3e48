/** @file Entry of the web shell. Checks Node before anything is loaded: on an old one the database's binary would crash, not complain. */
import { join } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`Node ${process.versions.node} is too old: 22.18 or newer is needed. Run "npm run serve", which brings its own.\n`);
  process.exit(1);
}
const { main } = await import("./main.ts");
process.exitCode = await main(process.argv.slice(2), { root: join(import.meta.dirname, "../.."), entryFile: import.meta.filename });

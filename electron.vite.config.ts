import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "electron-vite";

const at = (path: string) => resolve(import.meta.dirname, path);

/** Every Node program is an entry of one build, so that they share chunks: main, core, trainer, importer, server, command line. */
export default defineConfig({
  main: {
    build: {
      externalizeDeps: true,
      sourcemap: true,
      rolldownOptions: {
        input: {
          index: at("src/main/index.ts"),
          core: at("src/main/core.ts"),
          trainer: at("src/worker/trainer.ts"),
          importer: at("src/worker/importer.ts"),
          serve: at("src/server/index.ts"),
          cli: at("src/cli/index.ts"),
        },
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload can require nothing but electron: everything else is bundled into it.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: at("src/preload/index.ts") },
        output: { format: "cjs", entryFileNames: "[name].cjs", chunkFileNames: "[name].cjs" },
      },
    },
  },
  renderer: {
    root: at("src/renderer"),
    plugins: [vue()],
    build: {
      minify: true,
      rolldownOptions: {
        input: { index: at("src/renderer/index.html") },
        // The shell and the screen that a page nearly always opens with come as one script and one style sheet: forty small requests
        // took longer than everything that is done with them.
        output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } },
      },
    },
  },
});

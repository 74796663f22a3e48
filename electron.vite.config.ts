import { resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "electron-vite";
import type { Plugin } from "vite";

const at = (path: string) => resolve(import.meta.dirname, path);

/**
 * The screen that a page nearly always opens with is fetched beside the shell instead of behind it: one round of requests less, and its many
 * small parts do not wait for each other.
 */
function fetchFirstScreen(name: string): Plugin {
  return {
    name: "fetch-first-screen",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const parts = new Set<string>();
        const styles = new Set<string>();
        const visit = (file: string): void => {
          const chunk = bundle[file];
          if (chunk?.type !== "chunk" || parts.has(file)) return;
          parts.add(file);
          for (const style of chunk.viteMetadata?.importedCss ?? []) styles.add(style);
          chunk.imports.forEach(visit);
        };
        for (const [file, chunk] of Object.entries(bundle)) if (chunk.type === "chunk" && chunk.name === name) visit(file);
        if (Object.keys(bundle).length > 0 && parts.size === 0) throw new Error(`no part of the page is named ${name}`);
        const link = (rel: string, file: string) => ({
          tag: "link",
          attrs: { rel, crossorigin: true, href: `./${file}` },
          injectTo: "head" as const,
        });
        const missing = (files: Set<string>): string[] => [...files].filter((file) => !html.includes(file));
        return [...missing(parts).map((file) => link("modulepreload", file)), ...missing(styles).map((file) => link("stylesheet", file))];
      },
    },
  };
}

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
    plugins: [vue(), fetchFirstScreen("TrajectoriesScreen")],
    build: { minify: true, rolldownOptions: { input: { index: at("src/renderer/index.html") } } },
  },
});

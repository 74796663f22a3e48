import prettier from "eslint-config-prettier";
import vue from "eslint-plugin-vue";
import tseslint from "typescript-eslint";

const noConsole = { "no-console": "error" };

/** Files that are one idea and may be longer than the limit. Each needs its reason. */
const LONG_FILES = [];

export default tseslint.config(
  { ignores: ["node_modules/", "out/", "test-results/", "playwright-report/", "datasets/sample/**/*.json*", "resources/"] },
  ...tseslint.configs.strict,
  ...vue.configs["flat/recommended"],
  prettier,
  {
    languageOptions: { parserOptions: { parser: tseslint.parser, extraFileExtensions: [".vue"] } },
    rules: {
      "max-lines": ["error", { max: 500, skipComments: true, skipBlankLines: true }],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-dynamic-delete": "off",
      "no-eval": "error",
      "no-new-func": "error",
      eqeqeq: "error",
      "no-restricted-properties": [
        "error",
        { object: "test", property: "only" },
        { object: "it", property: "only" },
        { object: "describe", property: "only" },
      ],
      "vue/multi-word-component-names": "off",
      "vue/no-v-html": "error",
    },
  },
  { files: ["src/{contracts,core,engine,store,services,worker,main,preload,renderer}/**"], rules: noConsole },
  {
    files: ["src/core/**", "src/contracts/**"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-globals": ["error", "fetch", "process", "Buffer", "window", "document", "self"],
      "no-restricted-imports": ["error", { patterns: ["node:*", "electron", "vue", "better-sqlite3"] }],
    },
  },
  ...LONG_FILES.map((file) => ({ files: [file], rules: { "max-lines": "off" } })),
  { files: ["**/*.test.ts", "test/**"], rules: { "max-lines": "off", "@typescript-eslint/no-explicit-any": "off" } },
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);

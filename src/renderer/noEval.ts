/**
 * @file Imported first: the page's security policy forbids `eval`, which zod would otherwise try before it falls back. It is said where zod
 * looks when it is loaded, so that the page need not load zod before a screen has a use for it.
 */
const page: typeof globalThis & { __zod_globalConfig?: { jitless?: boolean } } = globalThis;
page.__zod_globalConfig = { ...page.__zod_globalConfig, jitless: true };

export {};

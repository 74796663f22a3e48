/** @file How bad something is; each has its shape, colour and word. */
export type Severity = "error" | "warning" | "info" | "ok";

/** @file The door of editing: pure operations on a trajectory's content. Each gives a new content or throws `E_EDIT_REFUSED`. */
export { removeMember, renameMember, setValue } from "./argumentsText.ts";
export * from "./callForm.ts";
export * from "./calls.ts";
export { completeJson, type Completion, type CompletionOption } from "./completeJson.ts";
export { missingInLesson, saysSomething } from "./lesson.ts";
export * from "./parts.ts";
export * from "./tools.ts";
export * from "./turns.ts";
export { faultOfContent, faultOfTurn } from "./turnFaults.ts";
export { isTarget } from "./withTurns.ts";

/** @file Sends key presses of the whole page to the command registry. */
import { allCommands, isAvailable, type Command } from "./commands.ts";
import { isSingleKey, matchPress, type Press } from "./keymap.ts";

/** Milliseconds within which the next stroke of a sequence must follow. */
const SEQUENCE_MS = 1200;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type);
}

/** Starts listening; returns the way to stop. `singleKeys` says whether unmodified keys are wanted at all. */
export function listenForKeys(options: { singleKeys: () => boolean }): () => void {
  let pending: readonly Press[] = [];
  let lastAt = 0;
  const listen = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.timeStamp - lastAt > SEQUENCE_MS) pending = [];
    lastAt = event.timeStamp;
    const inDialog = event.target instanceof Element && event.target.closest('[role="dialog"]') !== null;
    const plainKeysDead = isTyping(event.target) || inDialog || !options.singleKeys();
    const bindings = allCommands.value
      .filter(isAvailable)
      .flatMap((command) => (command.keys ?? []).map((keys) => ({ keys, target: command })))
      .filter(({ keys }) => !(plainKeysDead && isSingleKey(keys)));
    const match = matchPress<Command>(bindings, pending, event);
    pending = match.pending.map(({ key, ctrlKey, metaKey, altKey, shiftKey }) => ({ key, ctrlKey, metaKey, altKey, shiftKey }));
    if (match.target === null && match.pending.length === 0) return;
    event.preventDefault();
    match.target?.run();
  };
  window.addEventListener("keydown", listen);
  return () => window.removeEventListener("keydown", listen);
}

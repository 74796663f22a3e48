/** @file Sends key presses of the whole page to the command registry. */
import { allCommands, isAvailable, type Command } from "./commands.ts";
import { isPressOfControls, isSingleKey, matchPress, type Press } from "./keymap.ts";

/** Milliseconds within which the next stroke of a sequence must follow. */
export const SEQUENCE_MS = 1200;

const ROLES = ["button", "tab", "checkbox", "radio", "menuitem", "option", "switch", "combobox", "link"];
/** What Enter and Space press by themselves. */
const CONTROLS = ["button", "a[href]", "input", "select", "textarea", "summary", ...ROLES.map((role) => `[role="${role}"]`)].join(",");

/** Whether keys pressed there become text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('[aria-readonly="true"]') !== null) return false;
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
    const isIn = (selector: string): boolean => event.target instanceof Element && event.target.closest(selector) !== null;
    const typing = isTyping(event.target);
    const inDialog = isIn('[role="dialog"]');
    const onControl = isIn(CONTROLS);
    const isDead = (command: Command, keys: string): boolean =>
      (typing && command.whileTyping === false) ||
      (inDialog && command.whileTyping === false) ||
      ((typing || inDialog || !options.singleKeys()) && isSingleKey(keys)) ||
      (onControl && isPressOfControls(keys));
    // what was opened last comes first: its keys are the ones meant
    const bindings = allCommands.value
      .filter(isAvailable)
      .flatMap((command) =>
        command.keys.filter((keys) => !isDead(command, keys)).map((keys) => ({ keys, target: command, leads: command.leads })),
      )
      .reverse();
    const match = matchPress<Command>(bindings, pending, event);
    pending = match.pending.map(({ key, ctrlKey, metaKey, altKey, shiftKey }) => ({ key, ctrlKey, metaKey, altKey, shiftKey }));
    if (match.target === null && match.pending.length === 0) return;
    event.preventDefault();
    match.target?.run();
  };
  window.addEventListener("keydown", listen);
  return () => window.removeEventListener("keydown", listen);
}

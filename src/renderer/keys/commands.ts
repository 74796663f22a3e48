/** @file The one list of commands: it feeds the keys, the palette, the help sheet and the ids that the desktop menu sends. */
import { computed, onScopeDispose, shallowReactive, type ComputedRef } from "vue";

export interface Command {
  /** `noun.verb`, stable: menus and remapping know it by this. */
  readonly id: string;
  readonly title: string;
  /** Heading in the help sheet: the screen, or "Everywhere". */
  readonly group: string;
  readonly keys?: readonly string[];
  /** Listed and runnable only while true; absent: always. */
  readonly when?: () => boolean;
  readonly run: () => void;
}

const registry = shallowReactive(new Map<string, Command>());

/** Registers commands for as long as the surrounding component or scope lives. */
export function useCommands(commands: readonly Command[]): void {
  for (const command of commands) registry.set(command.id, command);
  onScopeDispose(() => {
    for (const command of commands) if (registry.get(command.id) === command) registry.delete(command.id);
  });
}

export const allCommands: ComputedRef<readonly Command[]> = computed(() => [...registry.values()]);

export function isAvailable(command: Command): boolean {
  return command.when?.() ?? true;
}

/** Runs a command by id; false where there is none or it is not available now. */
export function runCommand(id: string): boolean {
  const command = registry.get(id);
  if (command === undefined || !isAvailable(command)) return false;
  command.run();
  return true;
}

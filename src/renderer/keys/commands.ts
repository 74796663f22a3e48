/** @file The one list of commands: it feeds the keys, the palette, the help sheet and the ids that the desktop menu sends. */
import { computed, onScopeDispose, shallowReactive, type ComputedRef } from "vue";
import { settings } from "../shell/settings.ts";
import { isDesktop, isMac } from "../ui/platform.ts";
import { CATALOGUE, definitionOf, type CommandDefinition, type CommandId } from "./catalogue.ts";
import { showKeys } from "./keymap.ts";

interface Doing {
  /** Listed and runnable only while true; absent: always. */
  readonly when?: () => boolean;
  readonly run: () => void;
}
export interface Command extends CommandDefinition, Doing {
  /** `noun.verb`, stable: menus and remapping know it by this. */
  readonly id: string;
}
/** One of the catalogue, or one that says of itself what it is. */
export type CommandRegistration = Command | (Doing & { readonly id: CommandId });

/** A command as it is known: with the keys that run it now. */
export interface KnownCommand extends CommandDefinition {
  readonly id: string;
  readonly keys: readonly string[];
  readonly firstKeys: readonly string[];
}

const registry = shallowReactive(new Map<string, Command>());

/** Registers commands for as long as the surrounding component or scope lives. */
export function useCommands(commands: readonly CommandRegistration[]): void {
  const mine = commands.map((command) => ({ ...definitionOf(command.id), ...command }) as Command);
  for (const command of mine) registry.set(command.id, command);
  onScopeDispose(() => {
    for (const command of mine) if (registry.get(command.id) === command) registry.delete(command.id);
  });
}

const firstKeysOf = ({ keys = [], menuKeys = [] }: CommandDefinition): readonly string[] => (isDesktop ? [...keys, ...menuKeys] : keys);
const withKeys = <Defined extends CommandDefinition>(id: string, command: Defined) => {
  const firstKeys = firstKeysOf(command);
  return { ...command, id, firstKeys, keys: settings.keys[id] ?? firstKeys };
};

/** Commands of the screens that are open now. */
export const allCommands: ComputedRef<readonly (Command & KnownCommand)[]> = computed(() =>
  [...registry.values()].map((command) => withKeys(command.id, command)),
);

/** All commands, also of screens that are not open. */
export const knownCommands: ComputedRef<readonly KnownCommand[]> = computed(() => {
  const definitions = new Map<string, CommandDefinition>(Object.entries(CATALOGUE));
  for (const { id, ...command } of registry.values()) if (!definitions.has(id)) definitions.set(id, command);
  return [...definitions].map(([id, { title, group, keys, menuKeys, whileTyping, leads }]) =>
    withKeys(id, {
      title,
      group,
      ...(keys && { keys }),
      ...(menuKeys && { menuKeys }),
      ...(whileTyping === false && { whileTyping }),
      ...(leads && { leads }),
    }),
  );
});

/** The keys to show on a button that does what the command does; undefined where it has none. */
export function keysOf(id: CommandId): string | undefined {
  return withKeys(id, definitionOf(id)!).keys[0];
}

export function isAvailable(command: Doing): boolean {
  return command.when?.() ?? true;
}

/** Runs a command by id; false where there is none or it is not available now. */
export function runCommand(id: string): boolean {
  const command = registry.get(id);
  if (command === undefined || !isAvailable(command)) return false;
  command.run();
  return true;
}

/** For a tooltip: "Jobs (G then J)". */
export function withItsKeys(title: string, id: CommandId): string {
  const keys = keysOf(id);
  return keys === undefined ? title : `${title} (${showKeys(keys, isMac)})`;
}

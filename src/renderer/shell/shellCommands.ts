/** @file Commands that exist on every screen. Ids are shared with the desktop menu. */
import type { Router } from "vue-router";
import type { Command } from "../keys/commands.ts";
import { focusNextPane } from "./panes.ts";
import { lastPlaceOf, SCREENS } from "./screens.ts";
import { settings, THEMES } from "./settings.ts";

export interface ShellActions {
  readonly router: Router;
  readonly openPalette: () => void;
  readonly openHelp: () => void;
  readonly openSettings: () => void;
  readonly toggleJobs: () => void;
}

const EVERYWHERE = "Everywhere";

export function shellCommands({ router, openPalette, openHelp, openSettings, toggleJobs }: ShellActions): Command[] {
  const go = (place: string): void => void router.push(place);
  return [
    { id: "palette.open", title: "Search or run a command", group: EVERYWHERE, keys: ["Mod+K"], run: openPalette },
    { id: "help.shortcuts", title: "Show the keys", group: EVERYWHERE, keys: ["?"], run: openHelp },
    ...SCREENS.map((screen) => ({
      id: `view.${screen.id}`,
      title: `Go to ${screen.title}`,
      group: EVERYWHERE,
      keys: [screen.keys],
      run: () => go(lastPlaceOf(screen)),
    })),
    { id: "import.open", title: "Import files or folders", group: EVERYWHERE, run: () => go("/trajectories?dialog=import") },
    { id: "export.open", title: "Export trajectories", group: EVERYWHERE, run: () => go("/trajectories?dialog=export") },
    { id: "sources.open", title: "Show sources and their ledgers", group: EVERYWHERE, run: () => go("/sources") },
    { id: "runs.new", title: "Start a new run", group: EVERYWHERE, run: () => go("/runs/new") },
    { id: "jobs.toggle", title: "Show or hide the jobs", group: EVERYWHERE, keys: ["Alt+J"], run: toggleJobs },
    { id: "pane.next", title: "Next pane", group: EVERYWHERE, keys: ["F6"], run: () => focusNextPane(1) },
    { id: "pane.previous", title: "Previous pane", group: EVERYWHERE, keys: ["Shift+F6"], run: () => focusNextPane(-1) },
    { id: "settings.open", title: "Settings", group: EVERYWHERE, run: openSettings },
    ...THEMES.map((theme) => ({
      id: `theme.${theme}`,
      title: `Theme: ${theme === "system" ? "as the system" : theme}`,
      group: EVERYWHERE,
      when: () => settings.theme !== theme,
      run: () => {
        settings.theme = theme;
      },
    })),
  ];
}

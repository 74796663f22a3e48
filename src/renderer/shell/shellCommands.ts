/** @file Commands that exist on every screen. Ids are shared with the desktop menu. */
import type { Router } from "vue-router";
import type { CommandRegistration } from "../keys/commands.ts";
import type { Direction } from "../transport/useHistory.ts";
import { focusNextPane } from "./panes.ts";
import { lastPlaceOf, SCREENS } from "./screens.ts";
import { settings, THEMES } from "./settings.ts";

export interface ShellActions {
  readonly router: Router;
  readonly openPalette: () => void;
  readonly openHelp: () => void;
  readonly openSettings: (tab: "general" | "keys") => void;
  readonly reverse: (direction: Direction) => void;
  readonly toggleJobs: () => void;
}

export function shellCommands({ router, openPalette, openHelp, openSettings, reverse, toggleJobs }: ShellActions): CommandRegistration[] {
  const go = (place: string): void => void router.push(place);
  /** What is exported is what the list shows: its filter stays. */
  function openExport(): void {
    const { name, params, query } = router.currentRoute.value;
    if (name === "trajectories") void router.push({ params, query: { ...query, dialog: "export" } });
    else go("/trajectories?dialog=export");
  }
  return [
    { id: "palette.open", run: openPalette },
    { id: "help.shortcuts", run: openHelp },
    { id: "history.undo", run: () => reverse("undo") },
    { id: "history.redo", run: () => reverse("redo") },
    ...SCREENS.map((screen) => ({ id: `view.${screen.id}` as const, run: () => go(lastPlaceOf(screen)) })),
    { id: "import.open", run: () => go("/trajectories?dialog=import") },
    { id: "export.open", run: openExport },
    { id: "agreement.open", run: () => go("/agreement") },
    { id: "sources.open", run: () => go("/sources") },
    { id: "merge.open", run: () => go("/merge") },
    { id: "cases.open", run: () => go("/cases") },
    { id: "queue.open", run: () => go("/queue") },
    { id: "versions.open", run: () => go("/versions") },
    { id: "sql.open", run: () => go("/sql") },
    { id: "runs.new", run: () => go("/runs/new") },
    { id: "jobs.toggle", run: toggleJobs },
    { id: "pane.next", run: () => focusNextPane(1) },
    { id: "pane.previous", run: () => focusNextPane(-1) },
    { id: "settings.open", run: () => openSettings("general") },
    { id: "settings.keys", run: () => openSettings("keys") },
    ...THEMES.map((theme) => ({
      id: `theme.${theme}` as const,
      when: () => settings.theme !== theme,
      run: () => {
        settings.theme = theme;
      },
    })),
  ];
}

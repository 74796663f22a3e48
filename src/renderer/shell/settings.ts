/** @file What a person sets once for this page: profile, theme, density, keys. Remembered by the browser. */
import { computed, reactive, watch } from "vue";

export const THEMES = ["system", "light", "dark"] as const;
export const DENSITIES = ["compact", "standard", "roomy"] as const;
export type Theme = (typeof THEMES)[number];
export type Density = (typeof DENSITIES)[number];

interface Settings {
  theme: Theme;
  density: Density;
  singleKeys: boolean;
  /** Name that changes are signed with; empty: the one that the machine suggests. */
  profile: string;
  /** Keys of the commands that were given others than their first; none at all is a choice too. */
  keys: Readonly<Record<string, readonly string[]>>;
}

/** The same key is read by first-paint.js. */
const STORAGE_KEY = "callsmith.settings";
const ROW_HEIGHTS: Readonly<Record<Density, number>> = { compact: 24, standard: 28, roomy: 36 };

function keysIn(stored: unknown): Settings["keys"] {
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every((keys) => typeof keys === "string");
  return Object.fromEntries(Object.entries(stored ?? {}).filter((entry): entry is [string, string[]] => isList(entry[1])));
}

function remembered(): Settings {
  const defaults: Settings = { theme: "system", density: "standard", singleKeys: true, profile: "", keys: {} };
  try {
    const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<Settings>;
    return {
      theme: THEMES.find((theme) => theme === stored.theme) ?? defaults.theme,
      density: DENSITIES.find((density) => density === stored.density) ?? defaults.density,
      singleKeys: stored.singleKeys ?? defaults.singleKeys,
      keys: keysIn(stored.keys),
      profile: typeof stored.profile === "string" ? stored.profile : defaults.profile,
    };
  } catch {
    return defaults;
  }
}

export const settings = reactive(remembered());
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const system = reactive({ isDark: systemIsDark.matches });
systemIsDark.addEventListener("change", (event) => (system.isDark = event.matches));

const shownTheme = computed(() => (settings.theme === "system" ? (system.isDark ? "dark" : "light") : settings.theme));

/** Keeps the document and the browser's memory in step with the settings. */
export function applySettings(): void {
  watch(
    [shownTheme, () => ({ ...settings })],
    () => {
      document.documentElement.dataset["theme"] = shownTheme.value;
      document.documentElement.dataset["density"] = settings.density;
      localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
    },
    { immediate: true, flush: "sync" },
  );
}

export const rowHeight = computed(() => ROW_HEIGHTS[settings.density]);

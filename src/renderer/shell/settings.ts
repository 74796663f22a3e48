/**
 * @file What a person sets once for this page: profile, theme, density, keys. Remembered by the browser; who is at the keyboard is also
 * remembered by the window, so that of two windows each keeps its person over a reload. A new window begins as the last one chosen.
 */
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
const WINDOW_PROFILE_KEY = "callsmith.profile";
const ROW_HEIGHTS: Readonly<Record<Density, number>> = { compact: 24, standard: 28, roomy: 36 };

function keysIn(stored: unknown): Settings["keys"] {
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every((keys) => typeof keys === "string");
  return Object.fromEntries(Object.entries(stored ?? {}).filter((entry): entry is [string, string[]] => isList(entry[1])));
}

function stored(): Partial<Settings> {
  try {
    return (JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") ?? {}) as Partial<Settings>;
  } catch {
    // not ours, or damaged: the defaults are right for it
    return {};
  }
}
const write = (settings: Settings): void => localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));

function remembered(): Settings {
  const { theme, density, singleKeys, keys, profile } = stored();
  return {
    theme: THEMES.find((each) => each === theme) ?? "system",
    density: DENSITIES.find((each) => each === density) ?? "standard",
    singleKeys: singleKeys ?? true,
    keys: keysIn(keys),
    profile: sessionStorage.getItem(WINDOW_PROFILE_KEY) ?? (typeof profile === "string" ? profile : ""),
  };
}

export const settings = reactive(remembered());
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const system = reactive({ isDark: systemIsDark.matches });
systemIsDark.addEventListener("change", (event) => (system.isDark = event.matches));

const shownTheme = computed(() => (settings.theme === "system" ? (system.isDark ? "dark" : "light") : settings.theme));

/** Keeps the document, the browser's memory and the window's in step with the settings. */
export function applySettings(): void {
  watch(
    [shownTheme, () => ({ ...settings })],
    () => {
      document.documentElement.dataset["theme"] = shownTheme.value;
      document.documentElement.dataset["density"] = settings.density;
      // another window may have chosen another person since: a new theme here does not take that back
      write({ ...settings, profile: stored().profile ?? settings.profile });
    },
    { immediate: true, flush: "sync" },
  );
  // kept from the first moment on: what another window chooses later is not this one's
  sessionStorage.setItem(WINDOW_PROFILE_KEY, settings.profile);
  watch(
    () => settings.profile,
    (profile) => {
      sessionStorage.setItem(WINDOW_PROFILE_KEY, profile);
      write({ ...settings });
    },
    { flush: "sync" },
  );
}

export const rowHeight = computed(() => ROW_HEIGHTS[settings.density]);

/** @file One tab stop for a row or column of controls: arrows move among them. */
import { nextTick, ref } from "vue";

export interface RovingKeys {
  readonly next: readonly string[];
  readonly previous: readonly string[];
}
export const ACROSS: RovingKeys = { next: ["ArrowRight"], previous: ["ArrowLeft"] };
export const DOWN: RovingKeys = { next: ["ArrowDown"], previous: ["ArrowUp"] };

/** The place that a key leads to; undefined where it moves nothing. Places end at the ends. */
export function placeAfter(key: string, at: number, count: number, { next, previous }: RovingKeys): number | undefined {
  const wanted = next.includes(key) ? at + 1 : previous.includes(key) ? at - 1 : key === "Home" ? 0 : key === "End" ? count - 1 : undefined;
  return wanted === undefined ? undefined : Math.max(0, Math.min(count - 1, wanted));
}

/** Which of the elements with `mark` has the tab stop, and moving the focus among them. */
export function useRoving(host: () => HTMLElement | null, mark: string, keys: RovingKeys) {
  const active = ref(0);
  const places = (): HTMLElement[] => [...(host()?.querySelectorAll<HTMLElement>(`[${mark}]`) ?? [])];

  async function focusAt(index: number): Promise<void> {
    await nextTick();
    const all = places();
    active.value = Math.max(0, Math.min(all.length - 1, index));
    const place = all[active.value];
    place?.focus({ focusVisible: true } as FocusOptions);
    place?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  /** The place that the key moves the focus to; undefined where it moves nothing. */
  function press(event: KeyboardEvent): number | undefined {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return undefined;
    const next = placeAfter(event.key, active.value, places().length, keys);
    if (next === undefined) return undefined;
    event.preventDefault();
    void focusAt(next);
    return next;
  }
  return { active, focusAt, press };
}

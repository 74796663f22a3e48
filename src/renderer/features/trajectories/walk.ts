/** @file From turn to turn and from finding to finding, by keys: the focus moves among elements of the page that carry the mark. */

/** Focuses the next (or previous) element with `data-turn` or `data-finding` inside `within`; false where there is none. */
export function walk(within: HTMLElement, mark: "turn" | "finding", direction: 1 | -1): boolean {
  const places = [...within.querySelectorAll<HTMLElement>(`[data-${mark}]`)];
  if (places.length === 0) return false;
  const focused = document.activeElement;
  const here = places.findIndex((place) => place === focused || place.contains(focused));
  const next = here >= 0 ? here + direction : nearest(places, focused, direction);
  const place = places[(next + places.length) % places.length]!;
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  place.focus({ preventScroll: true, focusVisible: true } as FocusOptions);
  place.scrollIntoView({ block: "nearest" });
  return true;
}

/** From a focus between the places: the first after it, or the last before it. */
function nearest(places: readonly HTMLElement[], focused: Element | null, direction: 1 | -1): number {
  const isAfter = (place: HTMLElement): boolean =>
    focused !== null && (focused.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const first = places.findIndex(isAfter);
  if (direction === 1) return Math.max(0, first);
  return first <= 0 ? places.length - 1 : first - 1;
}

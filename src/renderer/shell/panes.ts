/** @file F6: from pane to pane, in the order of the page. A pane is any element with `data-pane`. */

/** Moves focus to the pane after (or before) the one that has it; panes without size are skipped. */
export function focusNextPane(direction: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter((pane) => pane.offsetWidth > 0 && pane.offsetHeight > 0);
  if (panes.length === 0) return;
  const current = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(current + direction + panes.length) % panes.length]!;
  const first = next.querySelector<HTMLElement>('[tabindex="0"], a[href], button:not([tabindex="-1"]), input, select, textarea');
  (first ?? next).focus({ focusVisible: true } as FocusOptions);
}

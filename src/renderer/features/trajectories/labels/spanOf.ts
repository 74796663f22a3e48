/** @file The selected characters of a text, counted from its first. */

/** Null where nothing is selected, or the selection reaches out of the element. The element shows the text and nothing else. */
export function spanOf(element: HTMLElement, selection: Selection | null): { readonly start: number; readonly end: number } | null {
  if (selection === null || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!element.contains(range.startContainer) || !element.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  const end = start + range.toString().length;
  return end > start ? { start, end } : null;
}

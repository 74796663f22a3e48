/** @file The selected characters of a text, counted from its first, and back again. */

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

/** Selects these characters of the element's text, wherever marks cut it; backward: the next key moves their start. */
export function selectSpan(element: HTMLElement, { start, end }: { readonly start: number; readonly end: number }, backward = false): void {
  const [first, last] = [placeOf(element, start), placeOf(element, end)];
  const [anchor, focus] = backward ? [last, first] : [first, last];
  document.getSelection()?.setBaseAndExtent(...anchor, ...focus);
}

/** Whether it was made from its end to its start. */
export function isBackward(selection: Selection | null): boolean {
  const { anchorNode, focusNode, anchorOffset = 0, focusOffset = 0 } = selection ?? {};
  if (!anchorNode || !focusNode) return false;
  if (anchorNode === focusNode) return focusOffset < anchorOffset;
  return (anchorNode.compareDocumentPosition(focusNode) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
}

function placeOf(element: HTMLElement, offset: number): [Node, number] {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  let last: [Node, number] = [element, 0];
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const { length } = node.nodeValue ?? "";
    if (left <= length) return [node, left];
    left -= length;
    last = [node, length];
  }
  return last;
}

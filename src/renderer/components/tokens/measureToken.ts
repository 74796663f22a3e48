/** @file Width of a token's box, without putting it on the page. */
import { visibleText, type LaidToken } from "./tokenLayout.ts";

/** Padding of the box and the gap to its neighbour, in pixels. */
const BOX = 6 + 2;
/** Digits of an id at 10 px in a system font; tabular, so one width for all. */
const ID_DIGIT = 6.2;

export function createMeasure(): (token: LaidToken, withId: boolean) => number {
  const context = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(document.documentElement).getPropertyValue("--font-mono") || "monospace";
  if (context !== null) context.font = `500 12px ${family}`;
  const widths = new Map<string, number>();
  return (token, withId) => {
    let width = widths.get(token.text);
    if (width === undefined) {
      const text = visibleText(token.text);
      width = Math.ceil(context?.measureText(text).width ?? text.length * 7.3);
      widths.set(token.text, width);
    }
    return Math.max(width, withId ? Math.ceil(String(token.id).length * ID_DIGIT) : 0) + BOX;
  };
}

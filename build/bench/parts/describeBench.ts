/** @file What a benchmark says of itself: the comment that its file begins with. */

/** The text of a file's first comment, paragraphs apart by an empty line. */
export function describeBench(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? "";
  return comment
    .split("\n")
    .map((line) => line.replace(/^ \* ?/, ""))
    .join("\n")
    .replace(/@file /, "")
    .trim();
}

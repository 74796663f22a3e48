/** @file A thought in front of a text, between `<think>` tags: how templates without a field for it carry one. */
const THOUGHT = /^\s*<(think|scratch_pad)>\n?([\s\S]*?)\n?<\/\1>\s*/;

export function splitThinking(text: string): { readonly thought?: string; readonly rest: string } {
  const found = THOUGHT.exec(text);
  if (found === null) return { rest: text };
  return { ...(found[2] === "" ? {} : { thought: found[2]! }), rest: text.slice(found[0].length) };
}

export const joinThinking = (thought: string | undefined, rest: string): string =>
  thought === undefined ? rest : `<think>\n${thought}\n</think>\n\n${rest}`;

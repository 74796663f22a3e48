/** @file Examples that are nearly the same: what one of them taught the others taught too, so removing one alone changes nothing. */

export interface Alikeness {
  /** What the checker has against it with the tool it calls, in a word; empty where it has nothing. The same fault of the same tool is alike. */
  readonly fault: string;
  readonly words: ReadonlySet<string>;
}

/** Share of all words that two examples have in common. */
const NEARLY_THE_SAME = 0.8;

/** Groups in the order of their first members; each member is alike the first one. */
export function groupAlike<T>(all: readonly T[], alikenessOf: (one: T) => Alikeness): T[][] {
  const groups: { readonly first: Alikeness; readonly members: T[] }[] = [];
  for (const one of all) {
    const alikeness = alikenessOf(one);
    const group = groups.find(({ first }) => isAlike(first, alikeness));
    if (group === undefined) groups.push({ first: alikeness, members: [one] });
    else group.members.push(one);
  }
  return groups.map(({ members }) => members);
}

function isAlike(a: Alikeness, b: Alikeness): boolean {
  if (a.fault !== b.fault) return false;
  return a.fault !== "" || overlap(a.words, b.words) >= NEARLY_THE_SAME;
}

/** Jaccard's: words of both, of the words of either. */
export function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const word of few) if (many.has(word)) shared += 1;
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}

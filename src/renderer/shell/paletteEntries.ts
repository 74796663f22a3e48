/** @file What the palette offers, best first. */

export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly keys?: string | undefined;
  /** Found by the core for this query already: not filtered again by its title. */
  readonly matched?: boolean;
  readonly run: () => void;
}

/** 0: not at all; higher is closer: a word begins so, the words occur in any place, the letters occur in order. */
export function closeness(title: string, query: string): number {
  const text = title.toLowerCase();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.every((word) => text.split(/\W+/).some((part) => part.startsWith(word)))) return 3;
  if (words.every((word) => text.includes(word))) return 2;
  let at = 0;
  for (const letter of words.join("")) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return 0;
  }
  return 1;
}

const MOST_SHOWN = 40;

/** Entries that match, closest first, otherwise in the order given. */
export function rankEntries(entries: readonly Entry[], query: string): Entry[] {
  if (query.trim() === "") return entries.slice(0, MOST_SHOWN);
  return entries
    .map((entry) => ({ entry, rank: entry.matched === true ? 2.5 : closeness(entry.title, query) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, MOST_SHOWN)
    .map(({ entry }) => entry);
}

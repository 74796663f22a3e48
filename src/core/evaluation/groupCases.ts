/**
 * @file Cases that are alike. The same tool, code and text of the error make a group: the same fault seen again. What is left single is put
 * beside the group of its tool and code whose first prompt is nearest by words, if they share half of them; else it stays alone.
 */
import type { FailureCode } from "#contracts/calls.ts";

export interface CaseLikeness {
  readonly tool: string;
  readonly code: FailureCode | null;
  readonly spanText: string;
  /** What the user asked. */
  readonly prompt: string;
}

const MIN_SHARED = 0.5;

/** @returns groups, the largest first, in each the cases in the order given; every case is in one */
export function groupCases<Case>(cases: readonly Case[], likenessOf: (one: Case) => CaseLikeness): readonly (readonly Case[])[] {
  const exact = new Map<string, Case[]>();
  const order = new Map(cases.map((one, i) => [one, i]));
  for (const one of cases) {
    const { tool, code, spanText } = likenessOf(one);
    push(exact, JSON.stringify([tool, code, spanText]), one);
  }
  const byFault = new Map<string, { readonly words: ReadonlySet<string>; readonly members: Case[] }[]>();
  // large groups first, so that single ones join them and not each other
  for (const members of [...exact.values()].sort((a, b) => b.length - a.length)) {
    const { tool, code, prompt } = likenessOf(members[0]!);
    const key = JSON.stringify([tool, code]);
    const groups = byFault.get(key) ?? [];
    byFault.set(key, groups);
    const words = wordsOf(prompt);
    const near = members.length > 1 ? undefined : nearest(words, groups);
    if (near === undefined) groups.push({ words, members });
    else near.members.push(...members);
  }
  return [...byFault.values()]
    .flat()
    .map(({ members }) => members.sort((a, b) => order.get(a)! - order.get(b)!))
    .sort((a, b) => b.length - a.length || order.get(a[0]!)! - order.get(b[0]!)!);
}

/** The others, those that share the most words with this prompt first; those that share none are left out. */
export function nearestByWords<Case>(
  prompt: string,
  others: readonly Case[],
  promptOf: (one: Case) => string,
  limit: number,
): readonly Case[] {
  const words = wordsOf(prompt);
  return others
    .map((one) => ({ one, shared: jaccard(words, wordsOf(promptOf(one))) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, limit)
    .map(({ one }) => one);
}

function nearest<Group extends { readonly words: ReadonlySet<string> }>(
  words: ReadonlySet<string>,
  groups: readonly Group[],
): Group | undefined {
  let best: { readonly group: Group; readonly shared: number } | undefined;
  for (const group of groups) {
    const shared = jaccard(words, group.words);
    if (shared >= MIN_SHARED && shared > (best?.shared ?? 0)) best = { group, shared };
  }
  return best?.group;
}

/** Words of both, of those of either (Jaccard 1901). */
function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const word of a) if (b.has(word)) both++;
  return both === 0 ? 0 : both / (a.size + b.size - both);
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []);

function push<T>(groups: Map<string, T[]>, key: string, one: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [one]);
  else group.push(one);
}

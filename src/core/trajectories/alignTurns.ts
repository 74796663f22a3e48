/**
 * @file Which turn of one content became which of another.
 *
 * Equal turns are matched first (longest common subsequence over whole turns, compared by a key made once for each); what lies between two
 * matches is paired in order by role and by how much of the parts is equal. No text is compared with another but for equality.
 */
import type { Turn } from "#contracts/trajectory.ts";
import { renderAssistantText } from "./renderAssistantText.ts";

/** In order of both sides; -1 where a turn has no partner. */
export interface TurnPair {
  readonly before: number;
  readonly after: number;
  readonly isEqual: boolean;
}

/** A table of more cells than this is not filled: the turns between the equal ends are then paired in order alone. */
const MOST_CELLS = 4_000_000;

export function alignTurns(before: readonly Turn[], after: readonly Turn[]): readonly TurnPair[] {
  const numbers = new Map<string, number>();
  const numberOf = (turn: Turn): number => {
    const key = turnKey(turn);
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
  const a = before.map(numberOf);
  const b = after.map(numberOf);
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const equal = (i: number, j: number): TurnPair => ({ before: i, after: j, isEqual: true });
  const pairs: TurnPair[] = Array.from({ length: start }, (_, i) => equal(i, i));
  let i = start;
  let j = start;
  for (const [x, y] of [...commonPlaces(a, b, start, end), [a.length - end, b.length - end] as const]) {
    pairs.push(...pairBetween(before, after, i, x, j, y));
    if (x < a.length - end) pairs.push(equal(x, y));
    i = x + 1;
    j = y + 1;
  }
  for (let k = end; k > 0; k--) pairs.push(equal(a.length - k, b.length - k));
  return pairs;
}

/** Turns do not change: a key made once serves as long as its turn is there. */
const keys = new WeakMap<Turn, string>();

/** Everything of a turn in one text; equal turns have equal keys. */
export function turnKey(turn: Turn): string {
  const known = keys.get(turn) ?? writeKey(turn);
  keys.set(turn, known);
  return known;
}

function writeKey(turn: Turn): string {
  if (turn.role === "tool") return JSON.stringify([turn.role, turn.content, turn.name, turn.callId]);
  if (turn.role !== "assistant") return `${turn.role} ${turn.content}`;
  const { role, thought, calls, answer, raw, ...rest } = turn;
  return JSON.stringify([role, thought, calls.map((call) => [call.name, call.argumentsText, call.callId]), answer, raw, rest]);
}

type Place = readonly [before: number, after: number];

function commonPlaces(a: readonly number[], b: readonly number[], start: number, end: number): readonly Place[] {
  const numBefore = a.length - start - end;
  const numAfter = b.length - start - end;
  if (numBefore * numAfter > MOST_CELLS) return [];
  const width = numAfter + 1;
  const common = new Uint16Array((numBefore + 1) * width);
  for (let i = numBefore - 1; i >= 0; i--)
    for (let j = numAfter - 1; j >= 0; j--)
      common[i * width + j] =
        a[start + i] === b[start + j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const places: Place[] = [];
  for (let i = 0, j = 0; i < numBefore && j < numAfter;) {
    if (a[start + i] === b[start + j]) places.push([start + i++, start + j++]);
    else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) i++;
    else j++;
  }
  return places;
}

/** Turns from `i` to `x` and from `j` to `y`, none of which is equal to one in the order of the other side. */
function pairBetween(before: readonly Turn[], after: readonly Turn[], i: number, x: number, j: number, y: number): TurnPair[] {
  const rows = x - i;
  const columns = y - j;
  const width = columns + 1;
  const best = rows * columns > MOST_CELLS ? null : new Float64Array((rows + 1) * width);
  const likeness = best === null ? null : new Float64Array(rows * columns);
  const looksBefore = before.slice(i, x).map(lookOf);
  const looksAfter = after.slice(j, y).map(lookOf);
  if (best !== null && likeness !== null) {
    for (let r = rows - 1; r >= 0; r--)
      for (let c = columns - 1; c >= 0; c--) {
        const like = likenessOf(looksBefore[r]!, looksAfter[c]!);
        likeness[r * columns + c] = like;
        const paired = like === 0 ? 0 : like + best[(r + 1) * width + c + 1]!;
        best[r * width + c] = Math.max(paired, best[(r + 1) * width + c]!, best[r * width + c + 1]!);
      }
  }
  const pairs: TurnPair[] = [];
  let r = 0;
  let c = 0;
  while (r < rows || c < columns) {
    const isInside = r < rows && c < columns;
    const like = isInside ? (likeness?.[r * columns + c] ?? likenessOf(looksBefore[r]!, looksAfter[c]!)) : 0;
    const isPair = like > 0 && (best === null || best[r * width + c] === like + best[(r + 1) * width + c + 1]!);
    if (isPair) pairs.push({ before: i + r++, after: j + c++, isEqual: false });
    else if (r < rows && (c >= columns || best === null || best[(r + 1) * width + c]! >= best[r * width + c + 1]!)) {
      pairs.push({ before: i + r++, after: -1, isEqual: false });
    } else pairs.push({ before: -1, after: j + c++, isEqual: false });
  }
  return pairs;
}

/** Characters compared at either end of two texts. */
const SHORT = 48;

/** What is compared of turns that are not equal: their ends, not their texts. */
interface TurnLook {
  readonly role: Turn["role"];
  readonly head: string;
  readonly tail: string;
  readonly firstCall: string | undefined;
}

function lookOf(turn: Turn): TurnLook {
  const text = turn.role === "assistant" ? renderAssistantText(turn) : turn.content;
  const firstCall = turn.role === "assistant" ? turn.calls[0]?.name : undefined;
  return { role: turn.role, head: text.slice(0, SHORT), tail: text.slice(-SHORT), firstCall };
}

/** 0 for two roles; else from 1 up to 2.5: equal ends of texts, the same first call. */
function likenessOf(a: TurnLook, b: TurnLook): number {
  if (a.role !== b.role) return 0;
  return 1 + endsAlike(a, b) + (a.firstCall !== undefined && a.firstCall === b.firstCall ? 0.5 : 0);
}

/** Share, from 0 to 1, of the first and last characters that are equal. */
function endsAlike(a: TurnLook, b: TurnLook): number {
  const most = Math.min(SHORT, Math.max(a.head.length, b.head.length));
  if (most === 0) return 1;
  let start = 0;
  while (start < most && a.head[start] === b.head[start]) start++;
  let end = 0;
  while (end < most && a.tail.at(-1 - end) === b.tail.at(-1 - end)) end++;
  return (start + end) / (2 * most);
}

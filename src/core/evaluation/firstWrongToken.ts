/**
 * @file Where an output went wrong: its first wrong token, the right one there, and the span of the error.
 *
 * The reference is spelled as the output spells it (`alignReference.ts`); the first character in which the two differ is the first wrong
 * one. The first wrong token is the one that holds it, or an earlier one where the tokenizer cuts the right text otherwise: between
 * `_` `trips` and `_trains` the choice was made at `_`, for a model writes what its training cut. The right token is that of the
 * aligned reference at the same place.
 *
 * Two kinds of wrong answer have no right letters to compare with: a number that nobody stated, and a text that goes round in circles. They
 * begin where their finding says. Without a reference the finding is all there is: the first character that no right call could have.
 */
import type { AssistantText, CallFinding } from "#contracts/calls.ts";
import type { Diagnosis, FirstWrongToken, TokenChoice } from "#contracts/diagnosis.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { AssistantTurn, ToolDefinition } from "#contracts/trajectory.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { alignReference, commonLength } from "./alignReference.ts";
import { errorPart } from "./errorSpan.ts";
import { tokenPlaces, type TokenPlaces } from "./tokenPlaces.ts";

export interface WrongOutput {
  /** Without the stop token. */
  readonly text: string;
  readonly output: AssistantText;
  readonly tokens: GeneratedTokens;
  /** In precedence; the first is the one that is placed. */
  readonly findings: readonly CallFinding[];
  readonly tools: readonly ToolDefinition[];
  /** Null where nobody said what is right. */
  readonly reference: AssistantTurn | null;
}

/** Nothing where there is no finding. */
export function diagnose(wrong: WrongOutput, tokenizer: Tokenizer): Diagnosis {
  const primary = wrong.findings[0];
  if (primary === undefined) return { firstWrong: null, span: null };
  const places = tokenPlaces(wrong.tokens.tokenIds, tokenizer);
  const right = rightTextOf(wrong, primary);
  const offset = right === null ? placeOfFinding(wrong, primary) : commonLength(wrong.text, right);
  const part = errorPart(primary, wrong.text, wrong.output, offset);
  const firstWrong = firstWrongAt(offset, right, wrong, { places, tokenizer });
  const { start, end } = places.tokensOf(part.range);
  // a text that ends too early may have gone wrong one token before its stop: at `"` where `"}` was due
  return { firstWrong, span: { ...part, tokens: { start: part.place === "end" ? Math.min(start, firstWrong.position) : start, end } } };
}

/** A right text that begins as the output does; null where none can be named. */
function rightTextOf({ text, output, reference }: WrongOutput, { code, range }: CallFinding): string | null {
  if (reference === null) return null;
  const isInsideAnswer = output.answer !== undefined && range !== undefined && range.start > output.answer.range.start;
  if (isInsideAnswer && (code === "F12" || code === "F14") && range.start < text.length) return null;
  return alignReference(text, output, reference);
}

function placeOfFinding({ text, output, tools }: WrongOutput, finding: CallFinding): number {
  const call = output.calls[finding.callIndex];
  if (call !== undefined && (finding.code === "F02" || finding.code === "F03")) {
    return call.nameRange.start + Math.max(0, ...tools.map(({ name }) => commonLength(name, call.name)));
  }
  return errorPart(finding, text, output, finding.range?.start ?? text.length).range.start;
}

interface Tokens {
  readonly places: TokenPlaces;
  readonly tokenizer: Tokenizer;
}

function firstWrongAt(offset: number, right: string | null, wrong: WrongOutput, { places, tokenizer }: Tokens): FirstWrongToken {
  const { tokenIds, logProbs, alternativeIds, alternativeLogProbs } = wrong.tokens;
  const fork = right === null ? null : forkAt(places.tokenAt(offset), right, { places, tokenizer });
  const position = fork?.position ?? places.tokenAt(offset);
  const choice = (id: number, logProb: number): TokenChoice => ({ id, text: tokenizer.decode([id]), probability: Math.exp(logProb) });
  const K = tokenIds.length === 0 ? 0 : alternativeIds.length / tokenIds.length;
  const alternatives = Array.from({ length: position < tokenIds.length ? K : 0 }, (_, k) =>
    choice(alternativeIds[position * K + k]!, alternativeLogProbs[position * K + k]!),
  );
  const token = position < tokenIds.length ? choice(tokenIds[position]!, logProbs[position]!) : null;
  return { position, offset, token, alternatives, right: fork === null ? null : ranked(fork.rightId, alternatives, tokenizer) };
}

/** The last place up to `position` at which a token of the right text begins, with that token; behind its end the stop token is right. */
function forkAt(position: number, right: string, { places, tokenizer }: Tokens): { readonly position: number; readonly rightId: number } {
  const rightIds = Int32Array.from([...tokenizer.encode(right), tokenizer.special.eos]);
  const rightPlaces = tokenPlaces(rightIds, tokenizer);
  for (let at = position; ; at--) {
    const start = places.startOf(at);
    const there = rightPlaces.tokenAt(start);
    if (at === 0 || rightPlaces.startOf(there) === start) return { position: at, rightId: rightIds[there]! };
  }
}

function ranked(id: number, alternatives: readonly TokenChoice[], tokenizer: Tokenizer): NonNullable<FirstWrongToken["right"]> {
  const place = alternatives.findIndex((one) => one.id === id);
  const text = tokenizer.decode([id]);
  if (place === -1) return { id, text, probability: null, rank: null };
  return { id, text, probability: alternatives[place]!.probability, rank: place + 1 };
}

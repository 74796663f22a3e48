/** @file The places of a trajectory that can be labelled, with their texts; and the questions that are asked of each. */
import type { LabelPlace, LabelQuestion, LabelScheme } from "#contracts/review.ts";
import type { Segment } from "#contracts/example.ts";
import type { Conversation } from "../../../components/turns/parts.ts";

export interface LabelledPart {
  readonly key: string;
  readonly word: string;
  readonly segment: Segment;
  readonly place: LabelPlace;
  /** The part whose characters a span counts. */
  readonly part: NonNullable<LabelPlace["part"]>;
  readonly text: string;
  readonly toolName?: string;
}

export function labelledParts({ turns }: Pick<Conversation, "turns">): readonly LabelledPart[] {
  return turns.flatMap((turn, index): LabelledPart[] => {
    const of = (
      word: string,
      segment: Segment,
      part: LabelledPart["part"],
      text: string,
      place: LabelPlace = { turn: index },
    ): LabelledPart => ({
      key: `${index} ${word} ${place.call ?? ""}`,
      word,
      segment,
      place,
      part,
      text,
    });
    switch (turn.role) {
      case "system":
        return [of("System", "system", "content", turn.content)];
      case "user":
        return [of("User", "user", "content", turn.content)];
      case "tool":
        return [of("Result", "result", "content", turn.content)];
      case "assistant": {
        if (turn.raw !== undefined) return [of("As written", "finalAnswer", "content", turn.raw)];
        const calls = turn.calls.map((call, i) => ({
          ...of("Call", "toolName", "arguments", call.argumentsText, { turn: index, call: i }),
          toolName: call.name,
        }));
        return [
          ...(turn.thought ? [of("Thought", "thought", "thought", turn.thought)] : []),
          ...calls,
          ...(turn.answer === undefined ? [] : [of("Answer", "finalAnswer", "answer", turn.answer)]),
        ];
      }
    }
  });
}

export interface AskedQuestion {
  readonly question: LabelQuestion;
  readonly place: LabelPlace;
}

/** Of the whole trajectory first, then of ever smaller places; a span is asked about only while one is selected. */
export function questionsAt({ questions }: LabelScheme, place: LabelPlace): readonly AskedQuestion[] {
  const { turn, call, start } = place;
  const places: Readonly<Record<LabelQuestion["scope"], LabelPlace | undefined>> = {
    trajectory: {},
    turn: turn === undefined ? undefined : { turn },
    call: turn === undefined || call === undefined ? undefined : { turn, call },
    span: start === undefined ? undefined : place,
  };
  return (["trajectory", "turn", "call", "span"] as const).flatMap((scope) => {
    const at = places[scope];
    return at === undefined ? [] : questions.filter((question) => question.scope === scope).map((question) => ({ question, place: at }));
  });
}

/** @file What a turn's editor does to the content: each operation of the core, its refusal kept as a sentence beside the turn. */
import { ref, type Ref } from "vue";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent, Turn, TurnRole } from "#contracts/trajectory.ts";
import * as edit from "#core/trajectories/edit/index.ts";
import type { TurnAction } from "./TurnActions.vue";

export interface TurnPlace {
  readonly content: TrajectoryContent;
  readonly turnIndex: number;
}

export interface TurnOperations {
  readonly refusal: Ref<string>;
  /** Makes an edit; false where it was refused. `turnIndex` is where the editor goes on, by default where it is. */
  readonly make: (edited: (content: TrajectoryContent, turnIndex: number) => TrajectoryContent, turnIndex?: number) => boolean;
  readonly act: (action: TurnAction, caret: edit.SplitPlace | null) => boolean;
}

export function useTurnOperations(place: () => TurnPlace, emitChange: (next: TurnPlace) => void): TurnOperations {
  const refusal = ref("");

  function make(edited: (content: TrajectoryContent, turnIndex: number) => TrajectoryContent, at?: number): boolean {
    const { content, turnIndex } = place();
    refusal.value = "";
    try {
      const next = edited(content, turnIndex);
      if (next !== content) emitChange({ content: next, turnIndex: at ?? turnIndex });
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusal.value = error.message;
      return false;
    }
  }

  function act(action: TurnAction, caret: edit.SplitPlace | null): boolean {
    const { content, turnIndex } = place();
    switch (action) {
      case "addAbove":
        return make((now, i) => edit.addTurn(now, i, edit.emptyTurn(roleBefore(content.turns[i]))));
      case "addBelow":
        return make((now, i) => edit.addTurn(now, i + 1, edit.emptyTurn(roleAfter(content.turns[i]))), turnIndex + 1);
      case "moveUp":
        return make((now, i) => edit.moveTurn(now, i, i - 1), turnIndex - 1);
      case "moveDown":
        return make((now, i) => edit.moveTurn(now, i, i + 1), turnIndex + 1);
      case "split":
        if (caret !== null) return make((now, i) => edit.splitTurn(now, i, caret));
        refusal.value = "Put the caret into a text, or into a call that another comes before: the turn is split there.";
        return false;
      case "merge":
        return make(edit.mergeTurns);
      case "remove":
        return make(edit.removeTurn, Math.min(turnIndex, content.turns.length - 2));
    }
  }
  return { refusal, make, act };
}

/** Who usually speaks after this turn. */
function roleAfter(turn: Turn | undefined): TurnRole {
  if (turn?.role === "assistant") return turn.calls.length > 0 ? "tool" : "user";
  return turn?.role === "system" ? "user" : "assistant";
}

function roleBefore(turn: Turn | undefined): TurnRole {
  return turn?.role === "user" ? "assistant" : turn?.role === "system" ? "system" : turn?.role === "tool" ? "assistant" : "user";
}

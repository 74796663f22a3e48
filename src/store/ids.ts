/** @file Ids as people read them (`T-00042`, `r-003`) and the numbers the tables hold. */
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryId } from "#contracts/trajectory.ts";

const SHAPES = {
  trajectory: { prefix: "T", digits: 5 },
  run: { prefix: "r", digits: 3 },
  evaluation: { prefix: "E", digits: 3 },
  failure: { prefix: "F", digits: 5 },
  case: { prefix: "C", digits: 4 },
  hypothesis: { prefix: "H", digits: 4 },
  experiment: { prefix: "X", digits: 4 },
  job: { prefix: "J", digits: 4 },
} as const;
type Noun = keyof typeof SHAPES;

export function formatId(noun: Noun, number: number): string {
  const { prefix, digits } = SHAPES[noun];
  return `${prefix}-${String(number).padStart(digits, "0")}`;
}

export function trajectoryIdOf(number: number): TrajectoryId {
  return formatId("trajectory", number) as TrajectoryId;
}

/** The number in an id, or null for text that is no id of that noun. */
export function numberOfId(noun: Noun, id: string): number | null {
  const match = /^([A-Za-z])-(\d{1,15})$/.exec(id);
  return match !== null && match[1] === SHAPES[noun].prefix ? Number(match[2]) : null;
}

/** The number in an id; throws `E_NOT_FOUND` for text that is no id of that noun. */
export function requireNumber(noun: Noun, id: string): number {
  const number = numberOfId(noun, id);
  if (number === null) throw new AppError("E_NOT_FOUND", { what: noun, id });
  return number;
}

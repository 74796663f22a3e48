/** @file Decisions in words. */
import type { Status } from "#contracts/review.ts";

export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  unreviewed: "Unreviewed",
  accepted: "Accepted",
  rejected: "Rejected",
  flagged: "Flagged",
};

/** @file How far annotators agree, measured per question; and where they do not. */
import type { LabelPlace, LabelQuestion } from "./review.ts";

/** What an annotator's answers of a blind second pass are kept under: `NAME~2`. */
export const SECOND_PASS_SUFFIX = "~2";
export const isSecondPass = (annotator: string): boolean => annotator.endsWith(SECOND_PASS_SUFFIX);
export const secondPassOf = (annotator: string): string => annotator + SECOND_PASS_SUFFIX;

/**
 * Below this many trajectories an estimate gets no interval and is called too few: a bootstrap over few clusters promises too much
 * (Cameron, Gelbach and Miller 2008, on 5 to 30 clusters).
 */
export const MIN_TRAJECTORIES = 20;

/** Resamples that an interval is read from. */
export const NUM_RESAMPLES = 1000;

/** Why an estimate lacks its value or its interval. */
export type AgreementGap =
  /** Nothing that both answered. */
  | "no-units"
  /** Fewer than `MIN_TRAJECTORIES`: value without an interval. */
  | "too-few"
  /** Everybody gave one and the same answer everywhere: what chance would give is undefined, and so is the measure. */
  | "one-answer-only"
  /** Every resample gave the same value (all agree): resampling cannot say how sure that is. */
  | "no-variation"
  /** Kappa is not taken where a question allows several answers. */
  | "several-answers";

export interface AgreementEstimate {
  readonly value: number | null;
  /** 95 %, percentiles of `NUM_RESAMPLES` resamples of whole trajectories. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly gap: AgreementGap | null;
}

export interface PairAgreement {
  readonly annotators: readonly [string, string];
  /** Places that both answered, and the trajectories they lie in. */
  readonly numUnits: number;
  readonly numTrajectories: number;
  readonly percent: AgreementEstimate;
  readonly kappa: AgreementEstimate;
}

export interface QuestionAgreement {
  readonly question: LabelQuestion;
  /** How far apart two answers are: same or not; or, where several may be chosen, MASI. */
  readonly distance: "nominal" | "masi";
  readonly annotators: readonly string[];
  /** Places that two or more answered, and the trajectories they lie in. */
  readonly numUnits: number;
  readonly numTrajectories: number;
  readonly percent: AgreementEstimate;
  readonly alpha: AgreementEstimate;
  readonly pairs: readonly PairAgreement[];
  /** Each annotator's first pass against the second: `annotators` holds the same name twice. */
  readonly selfAgreement: readonly PairAgreement[];
}

/** What has been measured so far: questions come whole, one after another; the last message has all of them. */
export interface AgreementProgress {
  readonly questions: readonly QuestionAgreement[];
  /** Estimates with their intervals, of those there will be; equal at the end. */
  readonly done: number;
  readonly total: number;
}

/** A place where annotators gave different answers. */
export interface Disagreement {
  readonly trajectoryId: string;
  readonly question: string;
  readonly place: LabelPlace;
  readonly answers: readonly { readonly annotator: string; readonly options: readonly string[] }[];
}

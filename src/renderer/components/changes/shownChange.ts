/** @file What a dialog needs of a change to look at it first and to make it then; who has the connection provides it. */
import type { Ref } from "vue";
import type { ContentOperation } from "#contracts/bulk.ts";
import type { Operation } from "#contracts/changes.ts";
import type { AppError } from "#contracts/errors.ts";
import type { Preview, PreviewRow } from "#contracts/preview.ts";
import type { Selection } from "#contracts/procedures/changes.ts";

export interface ShownChange {
  readonly preview: Readonly<Ref<Preview | null>>;
  /** The job that makes the preview. */
  readonly job: Readonly<Ref<{ readonly done: number } | undefined>>;
  /** Of the preview. */
  readonly error: Readonly<Ref<AppError | null>>;
  readonly isBusy: Readonly<Ref<boolean>>;
  /** Grows with every page of rows that comes. */
  readonly version: Readonly<Ref<number>>;
  look(selection: Selection, operation: ContentOperation): Promise<void>;
  giveUp(): void;
  rowAt(index: number): PreviewRow | undefined;
  /** Makes the change. */
  readonly act: {
    readonly isBusy: Readonly<Ref<boolean>>;
    readonly error: Readonly<Ref<AppError | null>>;
    run(selection: Selection, operation: Operation): Promise<void>;
  };
}

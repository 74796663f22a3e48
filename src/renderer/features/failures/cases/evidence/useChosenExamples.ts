/** @file Which examples of a trace are chosen for an action, and which of them is looked at. */
import { computed, ref, shallowRef, watch } from "vue";
import type { CaseTrace, TracedExample } from "#contracts/tracing.ts";
import { groupOf } from "./evidenceColumns.ts";

export function useChosenExamples(trace: () => CaseTrace | null | undefined) {
  const chosen = shallowRef<ReadonlySet<number>>(new Set());
  /** Under the pointer. */
  const hovered = ref<number | null>(null);
  /** Had the focus last: what an action means where none is chosen. A pointer that passes by changes nothing of that. */
  const current = ref<number | null>(null);
  /** Shown as a card. */
  const opened = ref<number | null>(null);
  /** It is marked wherever it stands. */
  const marked = computed(() => hovered.value ?? current.value ?? opened.value);

  const byIndex = computed(() => {
    const found = new Map<number, TracedExample>();
    for (const { examples } of trace()?.groups ?? []) for (const example of examples) found.set(example.index, example);
    for (const example of trace()?.opponents ?? []) if (!found.has(example.index)) found.set(example.index, example);
    return found;
  });
  const examplesOf = (indices: Iterable<number>): readonly TracedExample[] =>
    [...indices].flatMap((index) => byIndex.value.get(index) ?? []);

  /** What an action means: the chosen ones, else the one that is looked at. */
  const meant = computed(() => {
    if (chosen.value.size > 0) return examplesOf(chosen.value);
    const one = opened.value ?? current.value;
    return one === null ? [] : examplesOf([one]);
  });

  function toggle(index: number): void {
    const next = new Set(chosen.value);
    if (!next.delete(index)) next.add(index);
    chosen.value = next;
  }
  function add(indices: Iterable<number>): void {
    chosen.value = new Set([...chosen.value, ...indices]);
  }
  /** All near-duplicates of what is meant. */
  function addAllLikeThem(): void {
    const now = trace();
    if (!now) return;
    const groups = new Set(meant.value.map(({ index }) => groupOf(now, index)));
    add([...groups].flatMap((group) => now.groups[group]?.examples.map(({ index }) => index) ?? []));
  }
  const clear = (): void => void (chosen.value = new Set());

  watch(
    () => [trace()?.caseId, trace()?.at].join(),
    () => {
      clear();
      hovered.value = null;
      current.value = null;
      opened.value = null;
    },
  );
  return { chosen, hovered, current, opened, marked, meant, byIndex, toggle, add, addAllLikeThem, clear };
}
export type ChosenExamples = ReturnType<typeof useChosenExamples>;

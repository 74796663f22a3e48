/** @file The lines of the case list: a group of several has a line of its own, and its cases below it while it is open. */
import type { CaseGroup, CaseSummary } from "#contracts/cases.ts";

export type CaseRow =
  | { readonly kind: "group"; readonly key: string; readonly group: CaseGroup; readonly isOpen: boolean }
  | { readonly kind: "case"; readonly key: string; readonly one: CaseSummary; readonly isInGroup: boolean };

/** @param toggled groups, by the id of their first case, that are the other way than they would be by themselves */
export function caseRows(groups: readonly CaseGroup[], openCase: string | null, toggled: ReadonlySet<string>): readonly CaseRow[] {
  return groups.flatMap((group): CaseRow[] => {
    const [first] = group.cases;
    if (first === undefined) return [];
    if (group.cases.length === 1) return [{ kind: "case", key: first.id, one: first, isInGroup: false }];
    // the group of the open case shows it
    const isOpen = group.cases.some(({ id }) => id === openCase) !== toggled.has(first.id);
    const inside = group.cases.map((one): CaseRow => ({ kind: "case", key: one.id, one, isInGroup: true }));
    return [{ kind: "group", key: `group ${first.id}`, group, isOpen }, ...(isOpen ? inside : [])];
  });
}

export function groupWords({ tool, spanText, code }: Pick<CaseGroup, "tool" | "spanText" | "code">): string {
  const what = spanText.replace(/\s+/g, " ").trim();
  return [tool, what].filter((words) => words !== "").join(": ") || (code ?? "No tool");
}

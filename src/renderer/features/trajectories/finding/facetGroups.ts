/** @file Facets of the core as groups to choose from: what each value would make of the filter. */
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import type { Facet, TrajectoryFacets, TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { STATUSES, type LabelScheme, type Status } from "#contracts/review.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import { CONDITION_NAMES, TOOL_NAMES, type FilterKey } from "./conditions.ts";
import { STATUS_WORDS } from "../../../components/statusWords.ts";

export type FilterChange = { readonly [Key in FilterKey]?: TrajectoryFilter[Key] | undefined };

export interface FacetOption {
  /** Unique in the panel. */
  readonly id: string;
  readonly title: string;
  /** Null: not counted. */
  readonly count: number | null;
  readonly isChosen: boolean;
  /** What choosing it does, or choosing it again. */
  readonly change: FilterChange;
}

export interface FacetGroup {
  readonly id: string;
  readonly title: string;
  readonly isMono: boolean;
  readonly options: readonly FacetOption[];
}

/** A value stays among the others while it is chosen, also where nothing is left of it. */
function withChosen(facets: readonly Facet[], chosen: string | undefined): readonly Facet[] {
  return chosen === undefined || facets.some(({ value }) => value === chosen) ? facets : [...facets, { value: chosen, count: 0 }];
}

const byCount = (a: Facet, b: Facet): number => b.count - a.count || (a.value < b.value ? -1 : 1);

export function facetGroups(facets: TrajectoryFacets, filter: TrajectoryFilter, scheme: LabelScheme | undefined): readonly FacetGroup[] {
  const group = (id: string, title: string, options: readonly FacetOption[], isMono = false): FacetGroup => ({
    id,
    title,
    isMono,
    options,
  });
  /** Of one value at a time. */
  const single = <Key extends FilterKey>(
    key: Key,
    [value, chosen]: readonly [value: TrajectoryFilter[Key], isChosen: boolean],
    option: Pick<FacetOption, "id" | "title" | "count">,
  ): FacetOption => ({ ...option, isChosen: chosen, change: { [key]: chosen ? undefined : value } });

  const statuses = STATUSES.flatMap((status): readonly FacetOption[] => {
    const count = facets.statuses.find(({ value }) => value === status)?.count ?? 0;
    const chosen = filter.status ?? [];
    const isChosen = chosen.includes(status);
    if (count === 0 && !isChosen) return [];
    const next: readonly Status[] = isChosen ? chosen.filter((each) => each !== status) : [...chosen, status];
    const wanted = STATUSES.filter((each) => next.includes(each));
    const change = { status: wanted.length === 0 ? undefined : wanted };
    return [{ id: `status/${status}`, title: STATUS_WORDS[status], count, isChosen, change }];
  });
  const queues = withChosen(facets.assignees, filter.assignee ?? undefined).map(({ value, count }) =>
    single("assignee", [value, filter.assignee === value], { id: `assignee/${value}`, title: value, count }),
  );
  const nobody = single("assignee", [null, filter.assignee === null], {
    id: "assignee",
    title: "Nobody's",
    count: facets.unassigned,
  });
  const tools = (use: "called" | "offered"): readonly FacetOption[] =>
    withChosen(facets[use], filter.tool?.use === use ? filter.tool.name : undefined).map(({ value, count }) =>
      single("tool", [{ name: value, use }, filter.tool?.use === use && filter.tool.name === value], {
        id: `tool/${use}/${value}`,
        title: value,
        count,
      }),
    );
  const findings = [
    ...(["any", "none"] as const).map((value) =>
      single("finding", [value, filter.finding === value], {
        id: `finding/${value}`,
        title: value === "any" ? "Any finding" : "No finding",
        count: null,
      }),
    ),
    ...withChosen(facets.findings, filter.finding === "any" || filter.finding === "none" ? undefined : filter.finding).map(
      ({ value, count }) => {
        const code = value as FailureCode;
        return single("finding", [code, filter.finding === code], {
          id: `finding/${code}`,
          title: `${code} ${FAILURE_CODES[code].title}`,
          count,
        });
      },
    ),
  ];
  const problems = [
    single("disputed", [true, filter.disputed === true], { id: "disputed", title: "Annotators in dispute", count: facets.disputed }),
    single("unreadable", [true, filter.unreadable === true], {
      id: "unreadable",
      title: CONDITION_NAMES.unreadable,
      count: facets.unreadable,
    }),
  ].filter(({ count, isChosen }) => count !== 0 || isChosen);

  return [
    group("status", CONDITION_NAMES.status, statuses),
    group("assignee", CONDITION_NAMES.assignee, queues.length === 0 && filter.assignee === undefined ? [] : [nobody, ...queues]),
    group(
      "split",
      CONDITION_NAMES.split,
      SPLITS.flatMap((split) => {
        const count = facets.splits.find(({ value }) => value === split)?.count ?? 0;
        const isChosen = filter.split === split;
        return count === 0 && !isChosen ? [] : [single("split", [split, isChosen], { id: `split/${split}`, title: split, count })];
      }),
    ),
    group(
      "source",
      CONDITION_NAMES.source,
      [...withChosen(facets.sources, filter.source)]
        .sort(byCount)
        .map(({ value, count }) => single("source", [value, filter.source === value], { id: `source/${value}`, title: value, count })),
    ),
    group("finding", CONDITION_NAMES.finding, findings),
    group("problems", "Problems", problems),
    ...labelGroups(facets, filter, scheme),
    group("tool/called", TOOL_NAMES.called, tools("called"), true),
    group("tool/offered", TOOL_NAMES.offered, tools("offered"), true),
  ].filter(({ options }) => options.length > 0);
}

/** A group for each question that was answered. */
function labelGroups({ labels }: TrajectoryFacets, { label }: TrajectoryFilter, scheme: LabelScheme | undefined): readonly FacetGroup[] {
  const isThere =
    label?.option === undefined || labels.some(({ question, option }) => question === label.question && option === label.option);
  const all = isThere ? labels : [...labels, { question: label!.question, option: label!.option!, count: 0 }];
  return [...new Set(all.map(({ question }) => question))].map((question) => {
    const known = scheme?.questions.find(({ id }) => id === question);
    return {
      id: `label/${question}`,
      title: `${CONDITION_NAMES.label}: ${known?.title ?? question}`,
      isMono: false,
      options: all
        .filter((each) => each.question === question)
        .map(({ option, count }) => {
          const isChosen = label?.question === question && label.option === option;
          const title = known?.options.find(({ id }) => id === option)?.title ?? option;
          // who answered stays a condition while another answer is chosen
          const wanted = { question, option, ...(label?.annotator === undefined ? {} : { annotator: label.annotator }) };
          return { id: `label/${question}/${option}`, title, count, isChosen, change: { label: isChosen ? undefined : wanted } };
        }),
    };
  });
}

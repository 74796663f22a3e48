/** @file Answers and notes of one trajectory, sent one at a time; what was just pressed shows at once. */
import { computed, shallowRef, watch } from "vue";
import { secondPassOf } from "#contracts/agreement.ts";
import type { Operation } from "#contracts/changes.ts";
import type { TrajectoryDetail } from "#contracts/procedures/trajectories.ts";
import { ADJUDICATED, type LabelPlace } from "#contracts/review.ts";
import { questionKey } from "#contracts/disputes.ts";
import { useClient } from "../../../transport/client.ts";
import { useAction } from "../../../transport/useAction.ts";
import { useProfile } from "../../../transport/useProfile.ts";

type LabelOperation = Extract<Operation, { type: "label" }>;

export function useLabels(detail: () => TrajectoryDetail, isSecondLook: () => boolean) {
  const client = useClient();
  const profile = useProfile();
  /** Sent, and not yet in what the core answers. */
  const waiting = shallowRef<readonly LabelOperation[]>([]);
  watch(detail, () => (waiting.value = []));

  const annotations = computed(() => {
    const { labels, notes } = detail().review.annotations;
    const sent = waiting.value.map(({ question, place, options, adjudicate, secondPass }) => ({
      annotator: adjudicate ? ADJUDICATED : secondPass === true ? secondPassOf(profile.name) : profile.name,
      question,
      place,
      options,
    }));
    const isSent = (label: (typeof labels)[number]): boolean =>
      sent.some((each) => each.annotator === label.annotator && questionKey(each) === questionKey(label));
    return { labels: [...labels.filter((label) => !isSent(label)), ...sent.filter((label) => label.options.length > 0)], notes };
  });

  const sending = useAction(async (operation: Operation) => {
    const request = crypto.randomUUID();
    const selection = { ids: [detail().trajectory.id] };
    await client.changes.apply({ selection, operation, author: profile.name, reason: "", request });
  });
  async function send(operation: LabelOperation): Promise<void> {
    waiting.value = [...waiting.value, operation];
    await sending.run(operation);
    if (sending.error.value !== null) waiting.value = [];
  }
  return {
    annotations,
    error: sending.error,
    isBusy: sending.isBusy,
    answer: (question: string, place: LabelPlace, options: readonly string[]) =>
      send({ type: "label", question, place, options: [...options], adjudicate: false, ...(isSecondLook() ? { secondPass: true } : {}) }),
    settle: (question: string, place: LabelPlace, options: readonly string[]) =>
      send({ type: "label", question, place, options: [...options], adjudicate: true }),
    note: (text: string, place: LabelPlace) => sending.run({ type: "note", text, place }),
  };
}

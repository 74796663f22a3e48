/** @file Cases made of failures, one or many, with a word about what came of it. */
import { useRouter } from "vue-router";
import type { FailureChoice } from "#contracts/cases.ts";
import { plural } from "../../format/numbers.ts";
import { useClient } from "../../transport/client.ts";
import { useAction } from "../../transport/useAction.ts";
import { useProfile } from "../../transport/useProfile.ts";
import { showToast } from "../../ui/toasts.ts";

export function useMakeCases() {
  const client = useClient();
  const profile = useProfile();
  const router = useRouter();
  const show = (id: string): void => void router.push(`/cases/${id}`);
  const make = useAction(async (failures: FailureChoice) => {
    const { made, known } = await client.cases.make({ failures, author: profile.name });
    const [only] = [...made, ...known];
    if (only !== undefined && made.length + known.length === 1) {
      showToast(known.length === 1 ? `${only} is this output already` : `${only} made`);
      if (known.length === 1) show(only);
    } else showToast(`${plural(made.length, "case")} made, ${known.length} followed already`);
  });
  return { make, show };
}

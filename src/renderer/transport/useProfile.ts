/** @file Who is at the keyboard: the name that every change of this page is signed with. Remembered in the page's settings. */
import { defineStore } from "pinia";
import { computed, shallowRef, watch } from "vue";
import { AppError } from "#contracts/errors.ts";
import { isAnnotatorName } from "#contracts/review.ts";
import { settings } from "../shell/settings.ts";
import type { Client } from "./client.ts";
import { useWorkbench } from "./workbench.ts";

export const useProfile = defineStore("profile", () => {
  const workbench = useWorkbench();
  const known = shallowRef<readonly string[]>([]);
  const suggested = shallowRef("");
  /** Empty only until the core has answered for the first time on a machine where no name was ever chosen. */
  const name = computed(() => settings.profile || suggested.value);
  /** Everybody to choose from; the present one is among them, also before it signed anything in this workspace. */
  const names = computed(() =>
    known.value.includes(name.value) || name.value === "" ? known.value : [...known.value, name.value].sort((a, b) => a.localeCompare(b)),
  );

  async function load(client: Client): Promise<void> {
    const answer = await client.annotators.list();
    known.value = answer.names;
    suggested.value = answer.suggested;
  }

  /** Reads the names now, and again whenever somebody may have been added. Call inside a component's set-up. */
  function follow(client: Client): void {
    const read = (): void => void load(client).catch(() => undefined); // the status bar says that the connection is lost
    read();
    watch(() => workbench.versions.changes, read);
  }

  /** From now on this page signs with another name, which the workspace learns. */
  async function choose(client: Client, next: string): Promise<void> {
    if (!isAnnotatorName(next)) throw new AppError("E_OPERATION_INVALID", { detail: `"${next}" is no name that a person can have here` });
    const chosen = next.trim();
    if (!known.value.includes(chosen)) known.value = (await client.annotators.add({ name: chosen })).names;
    settings.profile = chosen;
  }

  return { name, names, follow, choose };
});

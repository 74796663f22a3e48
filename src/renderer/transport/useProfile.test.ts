// @vitest-environment happy-dom
import { createPinia, setActivePinia } from "pinia";
import { effectScope, nextTick } from "vue";
import { beforeEach, describe, expect, it } from "vitest";
import type { Client } from "./client.ts";
import { useProfile } from "./useProfile.ts";
import { useWorkbench } from "./workbench.ts";
import { settings } from "../shell/settings.ts";

let added: string[];
let names: string[];
let client: Client;
beforeEach(() => {
  setActivePinia(createPinia());
  settings.profile = "";
  added = [];
  names = ["ben"];
  const answer = () => ({ names, suggested: "ann" });
  client = {
    annotators: {
      list: async () => answer(),
      add: async ({ name }: { name: string }) => {
        added.push(name);
        names = [...names, name];
        return answer();
      },
    },
  } as unknown as Client;
});
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("the profile", () => {
  it("is the name that the machine suggests until another is chosen, and is always one of the choices", async () => {
    const profile = useProfile();
    effectScope().run(() => profile.follow(client));
    await settled();
    expect([profile.name, profile.names]).toEqual(["ann", ["ann", "ben"]]);
    await profile.choose(client, "ben");
    expect([profile.name, settings.profile, added]).toEqual(["ben", "ben", []]);
  });

  it("adds a name that nobody had, without the spaces around it", async () => {
    const profile = useProfile();
    await profile.choose(client, " cleo ");
    expect([profile.name, added]).toEqual(["cleo", ["cleo"]]);
  });

  it("refuses what cannot be a name, and stays who it was", async () => {
    const profile = useProfile();
    await profile.choose(client, "ben");
    await expect(profile.choose(client, "=")).rejects.toThrow();
    expect(profile.name).toBe("ben");
  });

  it("hears of names that others add", async () => {
    const profile = useProfile();
    effectScope().run(() => profile.follow(client));
    await settled();
    names = ["ben", "dora"];
    useWorkbench().versions.changes++;
    await nextTick();
    await settled();
    expect(profile.names).toEqual(["ann", "ben", "dora"]);
  });
});

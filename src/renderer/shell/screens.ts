/** @file The screens there are: their place in the rail, their routes. */
import { createRouter, createWebHashHistory, type RouteLocationNormalized, type Router } from "vue-router";
import TrajectoriesScreen from "../features/trajectories/TrajectoriesScreen.vue";
import type { IconName } from "../ui/icons.ts";

export interface Screen {
  readonly id: "trajectories" | "tools" | "tokens" | "runs" | "playground" | "failures";
  readonly title: string;
  readonly group: "Data" | "Model" | "Learn";
  readonly icon: IconName;
  readonly path: string;
}

export const SCREENS: readonly Screen[] = [
  { id: "trajectories", title: "Trajectories", group: "Data", icon: "trajectories", path: "/trajectories" },
  { id: "tools", title: "Tools", group: "Data", icon: "tools", path: "/tools" },
  { id: "tokens", title: "Tokens", group: "Data", icon: "tokens", path: "/tokens" },
  { id: "runs", title: "Runs", group: "Model", icon: "runs", path: "/runs" },
  { id: "playground", title: "Playground", group: "Model", icon: "playground", path: "/playground" },
  { id: "failures", title: "Failures", group: "Model", icon: "failures", path: "/failures" },
];

/** The part of a screen that has an address of its own. */
export const partOf = (route: RouteLocationNormalized): string | null =>
  typeof route.meta["part"] === "string" ? route.meta["part"] : null;

export function screenOf(route: RouteLocationNormalized): Screen | undefined {
  return SCREENS.find((screen) => screen.id === route.meta["screen"]);
}

/** Where each screen was left, so that going back to it finds the same object open. */
const lastPlaces = new Map<string, string>();
export const lastPlaceOf = (screen: Screen): string => lastPlaces.get(screen.id) ?? screen.path;

/** Reached from a screen and left for it: no place to come back to. `part` is what the path calls it. */
const besideTrajectories = (part: string) => ({ screen: "trajectories", isBeside: true, part }) as const;

export function createScreens(): Router {
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: "/", redirect: "/trajectories" },
      {
        path: "/trajectories/:id?",
        name: "trajectories",
        // comes with the shell; the others when they are gone to
        component: TrajectoriesScreen,
        meta: { screen: "trajectories" },
      },
      {
        path: "/sources/:sourceId?",
        name: "sources",
        component: () => import("../features/trajectories/SourcesScreen.vue"),
        meta: besideTrajectories("Sources"),
      },
      {
        path: "/agreement",
        name: "agreement",
        component: () => import("../features/review/AgreementScreen.vue"),
        meta: besideTrajectories("Agreement"),
      },
      {
        path: "/merge",
        name: "merge",
        component: () => import("../features/trajectories/merge/MergeScreen.vue"),
        meta: besideTrajectories("Merge"),
      },
      {
        path: "/versions",
        name: "versions",
        component: () => import("../features/versions/VersionsScreen.vue"),
        meta: besideTrajectories("Data versions"),
      },
      {
        path: "/sql",
        name: "sql",
        component: () => import("../features/sql/SqlScreen.vue"),
        meta: { screen: "trajectories", part: "SQL" },
      },
      {
        path: "/tools/:name?",
        name: "tools",
        component: () => import("../features/trajectories/tools/ToolsScreen.vue"),
        meta: { screen: "tools" },
      },
      {
        path: "/tokens/:id?",
        name: "tokens",
        component: () => import("../features/tokens/TokensScreen.vue"),
        meta: { screen: "tokens" },
      },
      { path: "/runs", name: "runs", component: () => import("../features/runs/RunListScreen.vue"), meta: { screen: "runs" } },
      { path: "/runs/new", name: "run-new", component: () => import("../features/runs/NewRunScreen.vue"), meta: { screen: "runs" } },
      { path: "/runs/:id", name: "run", component: () => import("../features/runs/RunScreen.vue"), meta: { screen: "runs" } },
      {
        path: "/playground",
        name: "playground",
        component: () => import("../features/playground/PlaygroundScreen.vue"),
        meta: { screen: "playground" },
      },
      {
        path: "/failures/:runId?/:failureId?",
        name: "failures",
        component: () => import("../features/failures/FailuresScreen.vue"),
        meta: { screen: "failures" },
      },
      {
        path: "/cases/:caseId?",
        name: "cases",
        component: () => import("../features/failures/cases/CasesScreen.vue"),
        meta: { screen: "failures" },
      },
      {
        path: "/queue",
        name: "queue",
        component: () => import("../features/failures/queue/QueueScreen.vue"),
        meta: { screen: "failures", part: "Review queue" },
      },
      { path: "/:rest(.*)*", redirect: "/trajectories" },
    ],
  });
  router.afterEach((to) => {
    const screen = screenOf(to);
    if (screen !== undefined && to.meta["isBeside"] !== true) lastPlaces.set(screen.id, to.fullPath);
    const object = (to.params["id"] ?? to.params["name"] ?? to.params["failureId"]) || to.params["caseId"];
    document.title = [object, partOf(to), screen?.title, "Callsmith"].filter(Boolean).join(" \u00b7 ");
  });
  keepEarlyAddress(router);
  return router;
}

/** The router hears of addresses only after its first navigation, and ends that by writing its own; one entered meanwhile wins. */
function keepEarlyAddress(router: Router): void {
  let entered: string | undefined;
  const note = ({ newURL }: HashChangeEvent): void => {
    entered = new URL(newURL).hash.slice(1);
  };
  window.addEventListener("hashchange", note);
  void router.isReady().then(() =>
    // a turn later, for the event of an address may still be on its way
    setTimeout(() => {
      window.removeEventListener("hashchange", note);
      if (entered !== undefined) void router.replace(entered);
    }),
  );
}

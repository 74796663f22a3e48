/** @file Parts of the shell that are drawn when they are opened. */
import { laterPart } from "../ui/laterPart.ts";

export const HelpSheet = laterPart(() => import("./HelpSheet.vue"));
export const JobsPanel = laterPart(() => import("./JobsPanel.vue"));
export const Palette = laterPart(() => import("./Palette.vue"));
export const ReasonsDialog = laterPart(() => import("./ReasonsDialog.vue"));
export const SettingsDialog = laterPart(() => import("./SettingsDialog.vue"));
export const Toasts = laterPart(() => import("../ui/Toasts.vue"));

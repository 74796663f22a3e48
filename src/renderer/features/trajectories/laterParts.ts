/** @file Parts of the screen of trajectories that its first rows do without. */
import { laterPart } from "../../ui/laterPart.ts";

export const TrajectoryPane = laterPart(() => import("./TrajectoryPane.vue"));
export const FacetPanel = laterPart(() => import("./finding/FacetPanel.vue"));
export const ViewMenu = laterPart(() => import("./finding/ViewMenu.vue"));
export const ViewNameDialog = laterPart(() => import("./finding/ViewNameDialog.vue"));
export const BulkDialog = laterPart(() => import("./bulk/BulkDialog.vue"));
export const ImportDialog = laterPart(() => import("./ImportDialog.vue"));
export const ExportDialog = laterPart(() => import("./ExportDialog.vue"));
export const NewTrajectoryDialog = laterPart(() => import("./NewTrajectoryDialog.vue"));

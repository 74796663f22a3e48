/** @file Real data for development, beside the checkout; not part of the product. REQUIRE_SHARED_DATA=1 makes its absence a failure. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

export const SHARED_DATA = resolve(import.meta.dirname, "../../../shared/data");
export const hasSharedData = existsSync(SHARED_DATA);
export const SHARED_DATA_REASON = "real data is not beside the checkout";

if (!hasSharedData && process.env["REQUIRE_SHARED_DATA"] === "1") throw new Error(`${SHARED_DATA_REASON}: ${SHARED_DATA}`);

/** @file The page's link. Evaluated before the screens: the connection opens while they are. */
import { createLink } from "./client.ts";

export const pageLink = createLink();
pageLink.open();

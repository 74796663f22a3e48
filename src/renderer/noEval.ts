/** @file Imported first: the page's security policy forbids `eval`, which zod would otherwise try before it falls back. */
import { config } from "zod";

config({ jitless: true });

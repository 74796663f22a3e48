/** What computes a run, and why: JSON, null for the runs of before. */
export const runEngine = "ALTER TABLE run ADD COLUMN engine TEXT";

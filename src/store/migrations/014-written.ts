/** Trajectories that were written here, for a case or on their own, and taken back by undoing that. */
export const written = `
-- 1: the change that wrote it is undone. It is kept, and stands in no list, version, run or export. What was imported is never removed.
ALTER TABLE trajectory ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE revision ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX trajectory_removed ON trajectory (id) WHERE removed = 1;

-- Its first revision is its original: no file and no ledger line stands behind it.
CREATE TABLE written_trajectory (
  trajectory_id INTEGER PRIMARY KEY REFERENCES trajectory (id),
  -- The case that it is a counter-example for; null: none.
  case_number INTEGER REFERENCES followed_case (number)
);
CREATE INDEX written_by_case ON written_trajectory (case_number) WHERE case_number IS NOT NULL;
`;

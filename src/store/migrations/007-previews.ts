/** Previews of changes over many trajectories: what would change, place by place. Kept only while somebody looks at them. */
export const previews = `
CREATE TABLE preview (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  operation TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  num_chosen INTEGER NOT NULL DEFAULT 0,
  -- Counts of what has been walked so far, as JSON.
  counts TEXT NOT NULL
);

-- The trajectories it was asked for. outcome: 0 not walked yet, 1 nothing to change, 2 changes, 3 is left alone for a reason.
CREATE TABLE preview_target (
  preview_id INTEGER NOT NULL REFERENCES preview (id) ON DELETE CASCADE,
  trajectory_id INTEGER NOT NULL,
  outcome INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (preview_id, trajectory_id)
) WITHOUT ROWID;

-- What is listed: exceptions before changes, each kind numbered by itself.
CREATE TABLE preview_row (
  preview_id INTEGER NOT NULL REFERENCES preview (id) ON DELETE CASCADE,
  kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
  position INTEGER NOT NULL,
  trajectory_id INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (preview_id, kind, position)
) WITHOUT ROWID;
`;

/** What two workspaces did to the same part of a trajectory: ours stands, theirs is kept until somebody chooses. */
export const conflicts = `
CREATE TABLE conflict (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  change_id INTEGER NOT NULL REFERENCES change (id),
  -- Whose work theirs is.
  author TEXT NOT NULL,
  field TEXT NOT NULL CHECK (field IN ('content', 'split', 'status', 'assignee', 'annotations')),
  -- Content: the id of a content; annotations: the id of a document; else the value in words.
  theirs TEXT NOT NULL,
  at TEXT NOT NULL,
  -- Null while it is open; 'mine' or 'theirs'.
  resolution TEXT CHECK (resolution IN ('mine', 'theirs'))
);
CREATE INDEX conflict_by_trajectory ON conflict (trajectory_id, resolution);
CREATE UNIQUE INDEX conflict_once ON conflict (trajectory_id, author, field, theirs) WHERE resolution IS NULL;
`;

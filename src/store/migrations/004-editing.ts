/** Editing and review: changes that can be undone as a whole, review state in every revision, drafts, frozen versions of the data set. */
export const editing = `
CREATE TABLE annotator (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, added_at TEXT NOT NULL);

-- Labels and notes of a trajectory as one document by hash, append-only; none at all is null where it is referred to.
CREATE TABLE annotations (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body TEXT NOT NULL);

CREATE TABLE change (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Made by the page that asks: a request that is sent twice changes once.
  request TEXT UNIQUE,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  author TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('applying', 'applied', 'undone')),
  -- What is done to each trajectory, as JSON: a killed change goes on with it.
  operation TEXT,
  of INTEGER REFERENCES change (id),
  num_trajectories INTEGER NOT NULL DEFAULT 0,
  num_skipped INTEGER NOT NULL DEFAULT 0,
  first_trajectory INTEGER,
  -- Undone and then something else done: no redo any more.
  superseded INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX change_by_author ON change (author, state);

-- The trajectories chosen for a change that is being applied, fixed when it starts: what it does must not change what it is done to.
CREATE TABLE change_target (
  change_id INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
  trajectory_id INTEGER NOT NULL,
  PRIMARY KEY (change_id, trajectory_id)
) WITHOUT ROWID;

-- Chosen trajectories that a change left alone, with the reason.
CREATE TABLE change_skip (
  change_id INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
  trajectory_id INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (change_id, trajectory_id)
) WITHOUT ROWID;

ALTER TABLE trajectory ADD COLUMN status INTEGER NOT NULL DEFAULT 0 CHECK (status IN (0, 1, 2, 3));
ALTER TABLE trajectory ADD COLUMN assignee_id INTEGER REFERENCES annotator (id);
ALTER TABLE trajectory ADD COLUMN annotations_id INTEGER REFERENCES annotations (id);

-- A revision holds the whole state, so that any two can be compared and any one brought back.
ALTER TABLE revision ADD COLUMN change_id INTEGER REFERENCES change (id);
ALTER TABLE revision ADD COLUMN split INTEGER NOT NULL DEFAULT 0;
ALTER TABLE revision ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE revision ADD COLUMN assignee_id INTEGER REFERENCES annotator (id);
ALTER TABLE revision ADD COLUMN annotations_id INTEGER REFERENCES annotations (id);
-- Counts all revisions of the workspace in the order in which they were written: a number names the state of the whole data set.
ALTER TABLE revision ADD COLUMN sequence INTEGER;
UPDATE revision SET split = (SELECT split FROM trajectory WHERE id = trajectory_id);
UPDATE revision SET sequence = ranked.place FROM (
  SELECT trajectory_id, number, row_number() OVER (ORDER BY trajectory_id, number) AS place FROM revision
) ranked WHERE ranked.trajectory_id = revision.trajectory_id AND ranked.number = revision.number;
CREATE UNIQUE INDEX revision_by_sequence ON revision (sequence);
DROP TRIGGER trajectory_changed;
DELETE FROM setting WHERE key = 'trajectory.changes';
CREATE INDEX revision_by_change ON revision (change_id, trajectory_id) WHERE change_id IS NOT NULL;

-- What somebody was writing when the page went away.
CREATE TABLE draft (
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  author TEXT NOT NULL,
  base_revision INTEGER NOT NULL,
  content TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (trajectory_id, author)
) WITHOUT ROWID;

-- A frozen data set is a number of the sequence of revisions: of each trajectory, the last revision up to it.
CREATE TABLE data_version (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL,
  author TEXT NOT NULL,
  note TEXT NOT NULL,
  at TEXT NOT NULL,
  num_trajectories INTEGER NOT NULL
);
`;

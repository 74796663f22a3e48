/** @file Schema 1: trajectories by content, revisions, sources with their ledger, jobs, runs, evaluations, full-text index. */
export const init = `
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- System texts and tool lists, each stored once, however many trajectories share it.
CREATE TABLE part (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('system', 'tools')),
  body TEXT NOT NULL
);

-- Every tool that any tool list offers: tells a tool that was not offered from one that does not exist.
CREATE TABLE tool_name (name TEXT PRIMARY KEY) WITHOUT ROWID;

-- Content by hash, append-only. What a list shows comes before the body, so that a list never reads overflow pages.
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  system_id INTEGER REFERENCES part (id),
  tools_id INTEGER NOT NULL REFERENCES part (id),
  num_turns INTEGER NOT NULL,
  num_calls INTEGER NOT NULL,
  num_tools INTEGER NOT NULL,
  num_unreadable INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX content_by_system ON content (system_id);

CREATE TABLE source (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 TEXT NOT NULL,
  format TEXT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  num_bytes INTEGER NOT NULL,
  imported_at TEXT NOT NULL,
  finished INTEGER NOT NULL DEFAULT 0,
  num_taken INTEGER NOT NULL DEFAULT 0,
  num_changed INTEGER NOT NULL DEFAULT 0,
  num_refused INTEGER NOT NULL DEFAULT 0,
  num_trajectories INTEGER NOT NULL DEFAULT 0,
  num_already INTEGER NOT NULL DEFAULT 0,
  UNIQUE (sha256, format)
);
CREATE INDEX source_by_size ON source (num_bytes);
CREATE INDEX source_by_path ON source (path);

CREATE TABLE trajectory (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL REFERENCES source (id),
  -- 0 train, 1 validation, 2 test
  split INTEGER NOT NULL CHECK (split IN (0, 1, 2)),
  revision INTEGER NOT NULL,
  content_id INTEGER NOT NULL REFERENCES content (id)
);
CREATE INDEX trajectory_by_content ON trajectory (content_id);
-- Lists are kept in memory: new rows are seen by their ids, changed ones by this count.
CREATE TRIGGER trajectory_changed AFTER UPDATE ON trajectory BEGIN
  INSERT INTO setting (key, value) VALUES ('trajectory.changes', '1')
  ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1;
END;

-- Append-only: undo is a new revision.
CREATE TABLE revision (
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  number INTEGER NOT NULL,
  content_id INTEGER NOT NULL REFERENCES content (id),
  author TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (trajectory_id, number)
) WITHOUT ROWID;
-- Trajectories by what they were imported as: tells which rows of a corrected file are here already.
CREATE INDEX revision_by_import ON revision (content_id) WHERE number = 1;

-- One line for every input row. Bytes are those of the copied source file.
CREATE TABLE ledger (
  source_id INTEGER NOT NULL REFERENCES source (id),
  row_index INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  byte_length INTEGER NOT NULL,
  -- 0 taken, 1 changed, 2 refused
  outcome INTEGER NOT NULL CHECK (outcome IN (0, 1, 2)),
  trajectory_id INTEGER REFERENCES trajectory (id),
  changes TEXT,
  refusal TEXT,
  PRIMARY KEY (source_id, row_index)
) WITHOUT ROWID;
CREATE INDEX ledger_by_outcome ON ledger (source_id, outcome) WHERE outcome > 0;
CREATE INDEX ledger_by_trajectory ON ledger (trajectory_id) WHERE trajectory_id IS NOT NULL;

-- Files of an imported folder that hold no rows, with the reason.
CREATE TABLE skipped_file (
  path TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  seen_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIRTUAL TABLE turn_text USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE system_text USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');

CREATE TABLE job (
  id TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  params TEXT NOT NULL,
  -- The whole job as last reported, as JSON of contracts/jobs.ts.
  job TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL,
  phase TEXT NOT NULL DEFAULT '',
  config TEXT NOT NULL,
  plan TEXT,
  model TEXT,
  error TEXT,
  job_id TEXT,
  step INTEGER NOT NULL DEFAULT 0,
  num_steps INTEGER,
  last_loss REAL,
  last_eval_loss REAL,
  data_version TEXT,
  created_at TEXT NOT NULL,
  ended_at TEXT
);

CREATE TABLE run_point (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  -- Null: not finite.
  loss REAL,
  learning_rate REAL NOT NULL,
  grad_norm REAL,
  clipped INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  num_tokens INTEGER NOT NULL,
  num_supervised INTEGER NOT NULL,
  seconds REAL NOT NULL,
  tokens_per_second REAL NOT NULL,
  memory_bytes INTEGER NOT NULL,
  segment_loss TEXT NOT NULL,
  examples TEXT NOT NULL,
  PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE run_eval (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  loss REAL,
  num_examples INTEGER NOT NULL,
  num_supervised INTEGER NOT NULL,
  seconds REAL NOT NULL,
  PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE run_checkpoint (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  num_bytes INTEGER NOT NULL,
  PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE run_resume (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  after_step INTEGER NOT NULL,
  at TEXT NOT NULL
);
CREATE INDEX run_resume_by_run ON run_resume (run);

-- Which trajectory, in which revision, each line of the run's example file came from. position counts within its part.
CREATE TABLE run_example (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  part TEXT NOT NULL CHECK (part IN ('train', 'validation')),
  position INTEGER NOT NULL,
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  content_id INTEGER NOT NULL REFERENCES content (id),
  num_supervised INTEGER NOT NULL,
  PRIMARY KEY (run, part, position)
) WITHOUT ROWID;

CREATE TABLE evaluation (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  checkpoint_step INTEGER NOT NULL,
  suite TEXT NOT NULL,
  finished INTEGER NOT NULL DEFAULT 0,
  summary TEXT,
  created_at TEXT NOT NULL
);
CREATE INDEX evaluation_by_run ON evaluation (run);

CREATE TABLE prediction (
  evaluation INTEGER NOT NULL REFERENCES evaluation (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  content_id INTEGER NOT NULL REFERENCES content (id),
  turn_index INTEGER NOT NULL,
  text TEXT NOT NULL,
  exact INTEGER NOT NULL,
  structural INTEGER NOT NULL,
  code TEXT,
  measures TEXT NOT NULL,
  PRIMARY KEY (evaluation, position)
) WITHOUT ROWID;

CREATE TABLE failure (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  evaluation INTEGER NOT NULL REFERENCES evaluation (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  content_id INTEGER NOT NULL REFERENCES content (id),
  turn_index INTEGER NOT NULL,
  code TEXT NOT NULL,
  secondary TEXT NOT NULL,
  title TEXT NOT NULL,
  predicted TEXT NOT NULL,
  expected TEXT NOT NULL
);
CREATE INDEX failure_by_run ON failure (run, code);
CREATE INDEX failure_by_evaluation ON failure (evaluation);
`;

/** Tokens of predictions, where failures went wrong, and cases with their events. */
export const cases = `
-- What was generated, token by token: ids and log-probabilities; of failures also the likeliest tokens at each place (generatedTokens.ts).
CREATE TABLE prediction_token (
  evaluation INTEGER NOT NULL REFERENCES evaluation (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tokens BLOB NOT NULL,
  PRIMARY KEY (evaluation, position)
);

-- JSON of the first wrong token and the error's span; null for failures of earlier versions.
ALTER TABLE failure ADD COLUMN diagnosis TEXT;

-- A wrong output that is followed up. It keeps what is needed to ask again, so it outlives run and evaluation.
CREATE TABLE followed_case (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of prompt, tools and output: the same wrong output is one case.
  fingerprint TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  code TEXT,
  secondary TEXT NOT NULL,
  tool TEXT NOT NULL,
  place TEXT,
  span_text TEXT NOT NULL,
  -- What the user asked, for likeness.
  prompt TEXT NOT NULL,
  -- Ids in words, for the objects may be deleted: run, evaluation, failure, trajectory.
  run TEXT,
  model TEXT NOT NULL,
  checkpoint_step INTEGER,
  evaluation TEXT,
  failure TEXT,
  trajectory TEXT,
  turn_index INTEGER,
  author TEXT NOT NULL,
  created_at TEXT NOT NULL,
  -- JSON: prompt, tools, output text, decoder, expected call, diagnosis.
  body TEXT NOT NULL,
  tokens BLOB NOT NULL
);
CREATE INDEX followed_case_by_failure ON followed_case (failure);

-- Append-only. What a case has come to follows from these.
CREATE TABLE case_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  case_number INTEGER NOT NULL REFERENCES followed_case (number),
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  author TEXT NOT NULL,
  run TEXT,
  checkpoint_step INTEGER,
  evaluation TEXT,
  data_version INTEGER REFERENCES data_version (id),
  -- JSON: trajectories, verdict, text, output, code.
  body TEXT NOT NULL
);
CREATE INDEX case_event_by_case ON case_event (case_number, id);
CREATE INDEX case_event_by_version ON case_event (data_version) WHERE data_version IS NOT NULL;
`;

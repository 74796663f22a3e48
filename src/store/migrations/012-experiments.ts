/** Hypotheses of cases, the experiments that would tell, and how reliable tracing is on a run. */
export const experiments = `
CREATE TABLE hypothesis (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  case_number INTEGER NOT NULL REFERENCES followed_case (number),
  cause TEXT NOT NULL,
  statement TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at TEXT NOT NULL,
  verdict TEXT,
  note TEXT NOT NULL
);
CREATE INDEX hypothesis_by_case ON hypothesis (case_number, number);

CREATE TABLE experiment (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  case_number INTEGER NOT NULL REFERENCES followed_case (number),
  hypothesis INTEGER REFERENCES hypothesis (number),
  -- JSON, as it was asked for.
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  job TEXT,
  -- The run that is trained for it, in words, as soon as there is one: what was interrupted goes on with it.
  run TEXT,
  author TEXT NOT NULL,
  started_at TEXT NOT NULL,
  -- JSON.
  result TEXT,
  error TEXT,
  verdict TEXT
);
CREATE INDEX experiment_by_case ON experiment (case_number, number);
CREATE INDEX experiment_by_run ON experiment (run) WHERE run IS NOT NULL;

-- The newest measurement of each run, as JSON.
CREATE TABLE trace_reliability (
  run INTEGER PRIMARY KEY REFERENCES run (number) ON DELETE CASCADE,
  measured TEXT NOT NULL
);
`;

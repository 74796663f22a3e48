/** The newest trace of each case. */
export const traces = `
CREATE TABLE case_trace (
  case_number INTEGER PRIMARY KEY REFERENCES followed_case (number),
  at TEXT NOT NULL,
  -- JSON: what was found; heat maps are computed when they are asked for.
  body TEXT NOT NULL
);

-- Trajectories that it names as a cause, with the place of the best group that holds them, counted from 1.
CREATE TABLE case_trace_trajectory (
  case_number INTEGER NOT NULL REFERENCES case_trace (case_number),
  trajectory_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (case_number, trajectory_id)
) WITHOUT ROWID;
`;

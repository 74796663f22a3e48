/** A sequence of the run's example file may hold rows of several trajectories, so a position has a line for each of them. */
export const mergedExamples = `
CREATE TABLE run_example_new (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  part TEXT NOT NULL CHECK (part IN ('train', 'validation')),
  position INTEGER NOT NULL,
  trajectory_id INTEGER NOT NULL REFERENCES trajectory (id),
  content_id INTEGER NOT NULL REFERENCES content (id),
  num_supervised INTEGER NOT NULL,
  PRIMARY KEY (run, part, position, trajectory_id)
) WITHOUT ROWID;
INSERT INTO run_example_new SELECT run, part, position, trajectory_id, content_id, num_supervised FROM run_example;
DROP TABLE run_example;
ALTER TABLE run_example_new RENAME TO run_example;
`;

/** Files that lay beside an imported one and were read with it, kept under their SHA-256 as the imported ones are. */
export const sourceBeside = `
CREATE TABLE source_beside (
  source_id INTEGER NOT NULL REFERENCES source (id),
  -- Relative to the folder of the imported file.
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  num_bytes INTEGER NOT NULL,
  PRIMARY KEY (source_id, name)
) WITHOUT ROWID;
`;

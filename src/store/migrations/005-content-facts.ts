/** What lists filter contents by, derived from them: size, tools, findings of the call checker; and filters kept under a name. */
export const contentFacts = `
-- Names of tools as a sorted JSON list, each list once: filters look at a few hundred lists instead of at every content.
CREATE TABLE tool_set (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);

-- One row a content, in step with it. The setting facts.version names what made them; where it differs, all are made anew.
CREATE TABLE content_fact (
  content_id INTEGER PRIMARY KEY REFERENCES content (id),
  num_turns INTEGER NOT NULL,
  num_calls INTEGER NOT NULL,
  num_unreadable INTEGER NOT NULL,
  -- Bit 0: F01, bit 1: F02 and so on.
  findings INTEGER NOT NULL,
  offered_id INTEGER NOT NULL REFERENCES tool_set (id),
  called_id INTEGER NOT NULL REFERENCES tool_set (id)
);

CREATE TABLE saved_view (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  filter TEXT NOT NULL,
  saved_at TEXT NOT NULL
) WITHOUT ROWID;
`;

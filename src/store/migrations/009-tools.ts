/** Tools by name: their definitions, the tool lists that have them, and what became of their calls in each content. */
export const tools = `
-- Every tool that is offered or called anywhere.
CREATE TABLE tool (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- Definitions, each once. Its text is read where it stands: at a place of the first tool list that has it.
CREATE TABLE tool_definition (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  tool_id INTEGER NOT NULL REFERENCES tool (id),
  part_id INTEGER NOT NULL REFERENCES part (id),
  place INTEGER NOT NULL
);
CREATE INDEX tool_definition_by_tool ON tool_definition (tool_id);

-- Which definitions a tool list has. Lists are looked at in order of their ids, up to the setting facts.lastToolList.
CREATE TABLE tool_list (
  part_id INTEGER NOT NULL REFERENCES part (id),
  definition_id INTEGER NOT NULL REFERENCES tool_definition (id),
  PRIMARY KEY (part_id, definition_id)
) WITHOUT ROWID;

-- The calls of one tool in one content: how many there are, the call checker objects to, have a result, have one that says it failed.
CREATE TABLE content_call (
  content_id INTEGER NOT NULL REFERENCES content (id),
  tool_id INTEGER NOT NULL REFERENCES tool (id),
  is_offered INTEGER NOT NULL,
  num_calls INTEGER NOT NULL,
  num_faulty INTEGER NOT NULL,
  num_answered INTEGER NOT NULL,
  num_failed INTEGER NOT NULL,
  PRIMARY KEY (content_id, tool_id)
) WITHOUT ROWID;

-- Null only where the fact is of an earlier version, which is made anew.
ALTER TABLE content_fact ADD COLUMN tools_id INTEGER REFERENCES part (id);
`;

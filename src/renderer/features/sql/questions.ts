/** @file Questions to begin with: each shows how tables belong together. */

export interface Question {
  readonly title: string;
  readonly sql: string;
}

export const QUESTIONS: readonly Question[] = [
  {
    title: "Trajectories and calls by source",
    sql: `SELECT s.name AS source, count(*) AS trajectories, sum(c.num_calls) AS calls
FROM trajectory t
JOIN source s ON s.id = t.source_id
JOIN content c ON c.id = t.content_id
WHERE t.removed = 0
GROUP BY s.id
ORDER BY trajectories DESC`,
  },
  {
    title: "Longest trajectories",
    sql: `SELECT t.id AS trajectory_id, c.num_turns, c.num_calls, c.title
FROM trajectory t
JOIN content c ON c.id = t.content_id
WHERE t.removed = 0
ORDER BY c.num_turns DESC, t.id
LIMIT 200`,
  },
  {
    title: "Equal first questions with different numbers of calls",
    sql: `SELECT c.title, count(*) AS trajectories, min(c.num_calls) AS fewest, max(c.num_calls) AS most, min(t.id) AS trajectory_id
FROM trajectory t
JOIN content c ON c.id = t.content_id
WHERE t.removed = 0
GROUP BY c.title
HAVING fewest < most
ORDER BY trajectories DESC`,
  },
  {
    title: "Who changed how many",
    sql: `SELECT author, count(DISTINCT trajectory_id) AS trajectories, count(*) AS revisions, max(at) AS last
FROM revision
WHERE number > 1
GROUP BY author
ORDER BY trajectories DESC`,
  },
];

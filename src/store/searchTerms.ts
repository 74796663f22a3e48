/** @file What a person typed, as a full-text query. Their text is always quoted: it is never read as the database's expression language. */

/** A term as a full-text phrase. */
export function quotedTerm(term: string): string {
  return `"${term.replaceAll('"', '""').replaceAll("\0", " ")}"`;
}

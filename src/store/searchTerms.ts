/** @file What a person typed, as terms to look for. Their text is always quoted: it is never read as the database's expression language. */

/**
 * Words and quoted phrases of a search text. An unclosed quote runs to the end; text without a letter or digit is no term, since the
 * index holds none such.
 */
export function searchTerms(text: string): readonly string[] {
  const terms = [...text.matchAll(/"([^"]*)(?:"|$)|[^\s"]+/g)].map((match) => (match[1] ?? match[0]).trim());
  return [...new Set(terms.filter((term) => /[\p{L}\p{N}]/u.test(term)))];
}

/** A term as a full-text phrase. */
export function quotedTerm(term: string): string {
  return `"${term.replaceAll('"', '""').replaceAll("\0", " ")}"`;
}

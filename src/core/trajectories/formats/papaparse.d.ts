/** The part of Papa Parse that is used here; its published types need Node's, which core does not have. */
declare module "papaparse" {
  interface Parsed<Row> {
    readonly data: readonly Row[];
    readonly errors: readonly { readonly code: string; readonly message: string; readonly row?: number }[];
    readonly meta: { readonly delimiter: string };
  }
  interface ParseOptions {
    readonly delimiter?: string;
    readonly delimitersToGuess?: readonly string[];
    readonly preview?: number;
    readonly skipEmptyLines?: boolean;
  }
  const Papa: {
    parse<Row>(text: string, options?: ParseOptions): Parsed<Row>;
    unparse(rows: readonly (readonly string[])[], options?: { readonly newline?: string; readonly header?: boolean }): string;
  };
  export default Papa;
}

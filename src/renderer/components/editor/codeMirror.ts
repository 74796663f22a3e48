/** @file CodeMirror as Callsmith uses it: colours from the design tokens, completion from a function, keys that leave the page its own. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, redo, undo } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Completion } from "#core/trajectories/edit/index.ts";

export interface CodeMark {
  readonly start: number;
  readonly end: number;
  readonly severity: "error" | "warning";
  readonly message: string;
}

export type Complete = (text: string, offset: number) => Completion | null;

export interface CodeOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  /** In UTF-16 code units from the start of the text. */
  readonly caret: number;
  readonly language: "json" | "text";
  readonly attributes: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  readonly complete: Complete | undefined;
  readonly onChange: (text: string) => void;
}

export interface Code {
  readonly view: EditorView;
  setText(text: string): void;
  setMarks(marks: readonly CodeMark[]): void;
  setAttributes(attributes: Readonly<Record<string, string>>): void;
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--seg-key)" },
  { tag: [tags.string, tags.number, tags.bool, tags.null], color: "var(--seg-value)" },
  { tag: [tags.brace, tags.bracket, tags.separator, tags.punctuation], color: "var(--text-2)" },
]);

const theme = EditorView.theme({
  "&": { fontSize: "12px", backgroundColor: "var(--bg-field)", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "18px", overflow: "auto" },
  ".cm-content": { padding: "4px 0", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--bg-inset)", color: "var(--text-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "24px", padding: "0 4px 0 2px" },
  // only the number: behind coloured text the tint would take contrast from it
  ".cm-activeLineGutter": { backgroundColor: "var(--bg-selected)", color: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--mark)",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--bg-track)", outline: "1px solid var(--line-strong)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--error) 1px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warning) 1px", textUnderlineOffset: "3px" },
  ".cm-tooltip": {
    backgroundColor: "var(--bg-raised)",
    color: "var(--text)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--r-2)",
    boxShadow: "var(--shadow-float)",
    font: "var(--type-small)",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxHeight: "168px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--bg-selected)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--text-2)", fontStyle: "normal", fontFamily: "var(--font-sans)" },
  ".cm-diagnostic": { borderLeftWidth: "3px", padding: "4px 8px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warning)" },
});

/** `Ctrl Enter` commits, wherever it is pressed; an undo with nothing left must not take back what was saved before. */
const keys = [
  { key: "Mod-z", run: (view: EditorView) => undo(view) || true },
  { key: "Mod-Shift-z", run: (view: EditorView) => redo(view) || true },
  { key: "Mod-y", run: (view: EditorView) => redo(view) || true },
  ...closeBracketsKeymap,
  ...completionKeymap,
  ...historyKeymap,
  ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
];

function completionSource(complete: Complete): CompletionSource {
  return ({ state, pos, explicit }) => {
    const found = complete(state.doc.toString(), pos);
    if (found === null || (!explicit && found.from === pos && !/[{[,:]\s*$/.test(state.sliceDoc(Math.max(0, pos - 8), pos)))) return null;
    return {
      from: found.from,
      to: found.to,
      filter: true,
      options: found.options.map((option) => ({
        // matched against what is typed, quotes included
        label: option.insert,
        displayLabel: option.label,
        detail: option.detail,
        type: option.kind === "key" ? "property" : "constant",
        boost: option.isRequired ? 1 : 0,
      })),
    };
  };
}

export function createCode({ parent, text, caret, language, attributes, isReadOnly, complete, onChange }: CodeOptions): Code {
  const attributeSlot = new Compartment();
  let isOwnChange = false;
  const extensions: Extension[] = [
    theme,
    history(),
    drawSelection(),
    EditorView.lineWrapping,
    EditorState.tabSize.of(4),
    EditorState.readOnly.of(isReadOnly),
    attributeSlot.of(EditorView.contentAttributes.of(attributes)),
    keymap.of(keys),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !isOwnChange) onChange(update.state.doc.toString());
    }),
  ];
  if (language === "json") {
    extensions.push(json(), syntaxHighlighting(colours), bracketMatching(), closeBrackets(), indentOnInput());
    extensions.push(lineNumbers(), lintGutter(), highlightActiveLineGutter());
  }
  if (complete !== undefined) extensions.push(autocompletion({ override: [completionSource(complete)], icons: false }));
  const view = new EditorView({ parent, state: EditorState.create({ doc: text, selection: { anchor: caret }, extensions }) });
  return {
    view,
    setText(next) {
      const now = view.state.doc.toString();
      if (now === next) return;
      isOwnChange = true;
      view.dispatch({ changes: changeBetween(now, next) });
      isOwnChange = false;
    },
    setMarks(marks) {
      const length = view.state.doc.length;
      const diagnostics = marks.map(({ start, end, severity, message }): Diagnostic => {
        const from = Math.min(start, length);
        return { from, to: Math.max(from, Math.min(end, length)), severity, message };
      });
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    setAttributes(next) {
      view.dispatch({ effects: attributeSlot.reconfigure(EditorView.contentAttributes.of(next)) });
    },
  };
}

/** Only what differs is exchanged, so that the caret stays where it is. */
function changeBetween(now: string, next: string): { from: number; to: number; insert: string } {
  const shorter = Math.min(now.length, next.length);
  let start = 0;
  while (start < shorter && now[start] === next[start]) start++;
  let end = 0;
  while (end < shorter - start && now[now.length - 1 - end] === next[next.length - 1 - end]) end++;
  return { from: start, to: now.length - end, insert: next.slice(start, next.length - end) };
}

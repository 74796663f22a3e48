/**
 * @file Every command there is, with its title and first keys, whether or not its screen is open: what can be remapped, and what the menu,
 * the palette and the help sheet say of it. What a command does is registered where it is done (`useCommands`).
 */

export interface CommandDefinition {
  readonly title: string;
  /** Heading in the help sheet and the settings: the screen, or "Everywhere". */
  readonly group: string;
  readonly keys?: readonly string[];
  /** The keys of the desktop shell's menu; a browser keeps them for itself. */
  readonly menuKeys?: readonly string[];
  /** False: while somebody types, its keys are left to the field (its own undo, for one). */
  readonly whileTyping?: false;
  /** Its keys begin those of others: it runs, and the others can still be completed. */
  readonly leads?: true;
}

const everywhere = (title: string, more: Omit<CommandDefinition, "title" | "group"> = {}): CommandDefinition => ({
  title,
  group: "Everywhere",
  ...more,
});
const of =
  (group: string) =>
  (title: string, ...keys: readonly string[]): CommandDefinition => ({ title, group, keys });
const trajectories = of("Trajectories");
const agreement = of("Agreement");
const merging = of("Merging a workspace");
const editing = of("Editing a trajectory");
const tools = of("Tools");
const sql = of("SQL");
const tokens = of("Tokens");
const runs = of("Runs");
const failures = of("Failures");
const cases = of("Cases");
const queue = of("Review queue");
const playground = of("Playground");

export const CATALOGUE = {
  "palette.open": everywhere("Search or run a command", { keys: ["Mod+K"] }),
  "help.shortcuts": everywhere("Show the keys", { keys: ["?"] }),
  "history.undo": everywhere("Undo the last change", { keys: ["Mod+Z"], whileTyping: false }),
  "history.redo": everywhere("Redo what was undone", { keys: ["Mod+Shift+Z", "Mod+Y"], whileTyping: false }),
  "view.trajectories": everywhere("Go to Trajectories", { keys: ["G T"], menuKeys: ["Mod+1"] }),
  "view.tools": everywhere("Go to Tools", { keys: ["G O"] }),
  "view.tokens": everywhere("Go to Tokens", { keys: ["G K"], menuKeys: ["Mod+2"] }),
  "view.runs": everywhere("Go to Runs", { keys: ["G R"], menuKeys: ["Mod+3"] }),
  "view.playground": everywhere("Go to Playground", { keys: ["G P"], menuKeys: ["Mod+4"] }),
  "view.failures": everywhere("Go to Failures", { keys: ["G F"], menuKeys: ["Mod+5"] }),
  "cases.open": everywhere("Show the cases", { keys: ["G C"] }),
  "queue.open": everywhere("Show what cases name most", { keys: ["G I"] }),
  "import.open": everywhere("Import files or folders", { menuKeys: ["Mod+I"] }),
  "export.open": everywhere("Export trajectories"),
  "sources.open": everywhere("Show sources and their ledgers"),
  "agreement.open": everywhere("Show agreement between annotators", { keys: ["G A"] }),
  "merge.open": everywhere("Merge another workspace into this one"),
  "versions.open": everywhere("Show data versions", { keys: ["G V"] }),
  "sql.open": everywhere("Ask in SQL", { keys: ["G S"] }),
  "runs.new": everywhere("Start a new run", { menuKeys: ["Mod+N"] }),
  "jobs.toggle": everywhere("Show or hide the jobs", { keys: ["G J"] }),
  "pane.next": everywhere("Next pane", { keys: ["F6"] }),
  "pane.previous": everywhere("Previous pane", { keys: ["Shift+F6"] }),
  "settings.open": everywhere("Settings"),
  "settings.keys": everywhere("Change the keys"),
  "theme.system": everywhere("Theme: as the system"),
  "theme.light": everywhere("Theme: light"),
  "theme.dark": everywhere("Theme: dark"),

  "trajectories.accept": trajectories("Accept and next", "A"),
  "trajectories.reject": trajectories("Reject and next", "X"),
  "trajectories.flag": trajectories("Flag and next", "F"),
  "trajectories.skip": trajectories("Skip to the next, undecided", "Space"),
  "trajectories.reopen": trajectories("Take the decision back", "U"),
  "trajectories.new": trajectories("New trajectory"),
  "trajectories.open": trajectories("Go into the open trajectory", "Enter"),
  "trajectories.next": trajectories("Next trajectory", "J"),
  "trajectories.previous": trajectories("Previous trajectory", "K"),
  "trajectories.nextTurn": trajectories("Next turn", "]"),
  "trajectories.previousTurn": trajectories("Previous turn", "["),
  "trajectories.nextFinding": trajectories("Next finding", "N"),
  "trajectories.previousFinding": trajectories("Previous finding", "P"),
  "trajectories.search": trajectories("Search trajectories", "/"),
  "trajectories.filters": trajectories("Show or hide the filters", "Shift+F"),
  "trajectories.conditions": trajectories("Go to the conditions of the filter", "Shift+C"),
  "trajectories.clearFilter": trajectories("Clear the filter"),
  "trajectories.nextHit": trajectories("Next place found", "F3"),
  "trajectories.previousHit": trajectories("Previous place found", "Shift+F3"),
  "trajectories.similar": trajectories("Show similar trajectories", "M"),
  "views.next": trajectories("Next view", "V"),
  "views.previous": trajectories("Previous view", "Shift+V"),
  "views.focus": trajectories("Go to the views"),
  "views.save": trajectories("Save the filter as a view", "Shift+S"),
  "views.overwrite": trajectories("Overwrite the view with the filter"),
  "views.rename": trajectories("Rename the view"),
  "views.remove": trajectories("Delete the view"),
  "trajectories.tokens": trajectories("Show the tokens of this trajectory", "T"),
  "trajectories.labels": { title: "Show its labels", group: "Trajectories", keys: ["L"], leads: true },
  "trajectories.tree": trajectories("Show the search it comes from", "B"),
  "trajectories.history": trajectories("Show its history", "H"),
  "trajectories.turns": trajectories("Show its turns", "R"),
  "trajectories.lastChanges": trajectories("Go to the last changes", "C"),
  "trajectories.chooseAll": { title: "Choose all that match", group: "Trajectories", keys: ["Mod+A"], whileTyping: false },
  "trajectories.resplit": trajectories("Draw the splits anew"),

  "labels.answer1": trajectories("Answer 1 of the question", "L 1"),
  "labels.answer2": trajectories("Answer 2 of the question", "L 2"),
  "labels.answer3": trajectories("Answer 3 of the question", "L 3"),
  "labels.answer4": trajectories("Answer 4 of the question", "L 4"),
  "labels.answer5": trajectories("Answer 5 of the question", "L 5"),
  "labels.answer6": trajectories("Answer 6 of the question", "L 6"),
  "labels.answer7": trajectories("Answer 7 of the question", "L 7"),
  "labels.answer8": trajectories("Answer 8 of the question", "L 8"),
  "labels.answer9": trajectories("Answer 9 of the question", "L 9"),
  "labels.nextQuestion": trajectories("Next question of the labels", "Q"),
  "labels.nextPlace": trajectories("Next place to label", "Alt+ArrowDown"),
  "labels.previousPlace": trajectories("Previous place to label", "Alt+ArrowUp"),
  "labels.characters": trajectories("Choose characters of the place to label", "S"),

  "agreement.next": agreement("Next disagreement", "J"),
  "agreement.previous": agreement("Previous disagreement", "K"),
  "agreement.take1": agreement("Settle on answer 1", "1"),
  "agreement.take2": agreement("Settle on answer 2", "2"),
  "agreement.take3": agreement("Settle on answer 3", "3"),
  "agreement.take4": agreement("Settle on answer 4", "4"),
  "agreement.take5": agreement("Settle on answer 5", "5"),
  "agreement.take6": agreement("Settle on answer 6", "6"),
  "agreement.take7": agreement("Settle on answer 7", "7"),
  "agreement.take8": agreement("Settle on answer 8", "8"),
  "agreement.take9": agreement("Settle on answer 9", "9"),

  "merge.next": merging("Next conflict", "J"),
  "merge.previous": merging("Previous conflict", "K"),
  "merge.mine": merging("Keep what is here", "1"),
  "merge.theirs": merging("Take the other's", "2"),

  "turn.edit": editing("Edit this turn", "E"),
  "turn.formOrJson": editing("Form or JSON of the call", "Alt+J"),
  "turn.save": editing("Save the changes", "Mod+Enter"),
  "turn.leave": editing("Leave the field, then the turn", "Escape"),
  "turn.addAbove": editing("Add a turn above"),
  "turn.addBelow": editing("Add a turn below"),
  "turn.moveUp": editing("Move the turn up"),
  "turn.moveDown": editing("Move the turn down"),
  "turn.split": editing("Split the turn at the caret"),
  "turn.merge": editing("Merge with the next turn"),
  "turn.remove": editing("Remove the turn"),

  "tools.next": tools("Next tool", "J"),
  "tools.previous": tools("Previous tool", "K"),
  "tools.search": tools("Search tools", "/"),
  "tools.open": tools("Go to its definitions", "Enter"),
  "tools.nextDefinition": tools("Next definition", "]"),
  "tools.previousDefinition": tools("Previous definition", "["),
  "tools.edit": tools("Edit this definition everywhere", "E"),
  "tools.merge": tools("Use another definition in its place", "M"),
  "tools.rename": tools("Rename the tool", "R"),
  "tools.renameParameter": tools("Rename one of its parameters", "P"),
  "tools.trajectories": tools("Show the trajectories that offer it", "T"),

  "sql.run": sql("Ask the question", "Mod+Enter"),
  "sql.cancel": sql("Stop the question", "Mod+."),
  "sql.copy": sql("Copy the answer as CSV"),
  "sql.save": sql("Save the answer as CSV"),

  "tokens.ids": tokens("Show or hide token ids", "I"),
  "tokens.mask": tokens("Next mask mode", "M"),
  "tokens.nextWindow": tokens("Next window of the trajectory", "W"),
  "tokens.nextRun": tokens("Next segment", "]"),
  "tokens.previousRun": tokens("Previous segment", "["),
  "run.pause": runs("Pause or continue the run", "P"),
  "run.smoothing": runs("Change the smoothing", "S"),
  "run.log": runs("Log or linear loss", "Y"),
  "playground.ask": playground("Ask the model", "Mod+Enter"),
  "playground.makeCase": playground("Make a case of the answer", "M"),
  "failures.next": failures("Next failure", "J"),
  "failures.previous": failures("Previous failure", "K"),
  "failures.makeCase": failures("Make a case of this failure", "M"),
  "failures.makeCases": failures("Make cases of all that are listed", "Shift+M"),
  "cases.next": cases("Next case", "J"),
  "cases.previous": cases("Previous case", "K"),
  "cases.trace": cases("Name the cause", "N"),
  "cases.fix": cases("Say in which data version it is mended", "V"),
  "cases.close": cases("Close, or open again", "X"),
  "evidence.trace": cases("Trace to training examples", "T"),
  "evidence.fold": cases("Unfold or fold what is nearly the same", "E"),
  "evidence.alike": cases("Choose all examples like it", "A"),
  "evidence.open": cases("Open the chosen examples to fix them", "O"),
  "evidence.reject": cases("Reject the chosen examples", "R"),
  "evidence.counter": cases("Add a counter-example", "C"),
  "evidence.leaveOut": cases("Leave their turn out of the loss", "L"),
  "evidence.test": cases("Test without the chosen examples", "W"),
  "evidence.freeze": cases("Freeze the version that mends it", "Shift+V"),
  "notebook.add": cases("Write a hypothesis", "H"),
  "notebook.export": cases("Export the notebook as a page", "Shift+E"),
  "queue.next": queue("Next trajectory", "J"),
  "queue.previous": queue("Previous trajectory", "K"),
  "queue.go": queue("Open the trajectory", "Enter"),
  "queue.goThrough": queue("Go through all of them", "O"),
} as const satisfies Record<string, CommandDefinition>;

export type CommandId = keyof typeof CATALOGUE;
/** L then 1 to 9, in this order. */
export const ANSWER_COMMANDS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((place) => `labels.answer${place}` as CommandId);
/** 1 to 9: the sides of a disagreement. */
export const SIDE_COMMANDS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((place) => `agreement.take${place}` as CommandId);
const definitions: Readonly<Record<string, CommandDefinition>> = CATALOGUE;

export const definitionOf = (id: string): CommandDefinition | undefined => definitions[id];

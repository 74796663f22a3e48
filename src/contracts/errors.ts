/**
 * @file Every error the product raises: a code, why it happened, what to do, and whose it is.
 *
 * - `user`: something the person can change; shown with the fix.
 * - `expected`: the world's doing (cancelled, disk full, process killed); shown with how to go on.
 * - `bug`: ours; shown with how to report it.
 */
export type ErrorClass = "user" | "expected" | "bug";
export type ErrorParams = Record<string, string | number>;

interface ErrorEntry {
  readonly class: ErrorClass;
  readonly why: (p: ErrorParams) => string;
  readonly fix: string;
}

const define = <T extends Record<string, ErrorEntry>>(table: T): T => table;

export const ERRORS = define({
  E_BUG: {
    class: "bug",
    why: (p) => `Something went wrong inside Callsmith: ${p["detail"]}.`,
    fix: "Copy the details and report them. Your data is as it was.",
  },
  E_CANCELLED: {
    class: "expected",
    why: (p) => `${p["what"]} was cancelled.`,
    fix: "Start it again to continue; what was finished is kept.",
  },
  E_CONNECTION_LOST: {
    class: "expected",
    why: () => "The connection to Callsmith's core was lost before it answered.",
    fix: "It is opened again by itself; jobs go on meanwhile. Try again once it is back.",
  },
  E_DISK_FULL: {
    class: "expected",
    why: (p) => `No space is left on the disk that holds ${p["path"]}.`,
    fix: "Free some space, then start the job again; it continues where it stopped.",
  },
  E_DISK_SPACE: {
    class: "user",
    why: (p) => `${p["what"]} needs ${p["needed"]} on the disk that holds ${p["path"]}; ${p["free"]} are free.`,
    fix: "Free some space, or use a workspace on another disk, then start again.",
  },
  // Shells
  E_USAGE: {
    class: "user",
    why: (p) => `The command was not understood: ${p["detail"]}.`,
    fix: "Run it with --help to see what it takes.",
  },
  E_PORT_TAKEN: {
    class: "user",
    why: (p) => `Port ${p["port"]} is taken by another program.`,
    fix: "Leave --port out so that a free one is chosen, or name another.",
  },
  E_PAGE_NOT_BUILT: {
    class: "user",
    why: (p) => `The built page is not in ${p["path"]}.`,
    fix: "Run npm run build, or use npm start, which builds what is missing.",
  },
  // Reading files
  E_FILE_NOT_FOUND: { class: "user", why: (p) => `${p["path"]} does not exist.`, fix: "Check the path, or choose the file again." },
  E_FILE_NO_ACCESS: {
    class: "user",
    why: (p) => `${p["path"]} may not be read.`,
    fix: "Give your user read rights to it, or copy it somewhere readable.",
  },
  E_FILE_EMPTY: { class: "user", why: (p) => `${p["path"]} is empty.`, fix: "Choose a file with at least one row." },
  E_FILE_DAMAGED: {
    class: "user",
    why: (p) => `${p["path"]} cannot be read: ${p["detail"]}.`,
    fix: "Fetch or write the file again, whole.",
  },
  E_FORMAT_UNKNOWN: {
    class: "user",
    why: (p) => `The format of ${p["path"]} was not recognised: ${p["detail"]}.`,
    fix: "Name the format with --format, or convert the file to one of the listed formats.",
  },
  E_FORMAT_MISMATCH: {
    class: "user",
    why: (p) => `${p["path"]} is not in the format ${p["format"]}: ${p["detail"]}.`,
    fix: "Leave the format out so that it is detected, or name another one.",
  },
  E_TARGET_EXISTS: {
    class: "user",
    why: (p) => `${p["path"]} exists already, and an export replaces nothing.`,
    fix: "Name a folder that does not exist yet, or is empty.",
  },
  // Cases
  E_CASE_INVALID: {
    class: "user",
    why: (p) => `No case can be made: ${p["detail"]}.`,
    fix: "Correct what is named, then make the case again; nothing was written.",
  },
  E_CASE_STEP: {
    class: "user",
    why: (p) => `${p["case"]} cannot be moved on: ${p["detail"]}.`,
    fix: "Name evidence that bears on it, or close the case with a reason.",
  },
  // Experiments
  E_EXPERIMENT_INVALID: {
    class: "user",
    why: (p) => `The experiment cannot be made: ${p["detail"]}.`,
    fix: "Change what is named, then start it again; nothing was trained.",
  },
  E_EXPERIMENT_STEP: {
    class: "expected",
    why: (p) => `A part of the experiment failed, "${p["what"]}": ${p["detail"]}.`,
    fix: "Look at that job for its remedy, then resume the experiment.",
  },
  E_EXPERIMENT_INTERRUPTED: {
    class: "expected",
    why: (p) => `${p["experiment"]} ended before it had a result: Callsmith was closed or its process was ended.`,
    fix: "Resume its job: a run that it trains goes on from its last checkpoint.",
  },
  // Rows
  E_ROW_JSON: {
    class: "user",
    why: (p) => `The row is not valid JSON: ${p["detail"]}.`,
    fix: "Correct the row at the byte given, then import the file again; only missing rows are added.",
  },
  E_ROW_TOO_LARGE: {
    class: "user",
    why: (p) => `The row is ${p["bytes"]} bytes long; the limit is ${p["limit"]}.`,
    fix: "Split the row, or shorten its longest result.",
  },
  E_ROW_ENCODING: {
    class: "user",
    why: (p) => `The row is not valid UTF-8 at byte ${p["offset"]}.`,
    fix: "Save the file as UTF-8 and import it again; only missing rows are added.",
  },
  E_ROW_TRUNCATED: {
    class: "user",
    why: () => "The file ends in the middle of this row.",
    fix: "Fetch or write the file again, whole; only missing rows are added.",
  },
  E_ROW_SHAPE: {
    class: "user",
    why: (p) => `The row does not have the expected fields: ${p["detail"]}.`,
    fix: "Compare the row with its neighbours; correct or remove it.",
  },
  E_ROW_COLUMNS: {
    class: "user",
    why: (p) => `The part of the file that holds this row cannot be decoded: ${p["detail"]}.`,
    fix: "Write the file again with another compression or smaller row groups, then import it; only missing rows are added.",
  },
  E_ROW_NO_ASSISTANT: {
    class: "user",
    why: () => "The row has no assistant turn, so there is nothing to learn from it.",
    fix: "Remove the row, or add the answer it should have.",
  },
  E_ROW_NOT_VALID: {
    class: "user",
    why: (p) => `The source itself marks this row as not usable: ${p["detail"]}.`,
    fix: "Leave it out; the other rows do not depend on it.",
  },
  // Workspace
  E_WORKSPACE_MISSING: {
    class: "user",
    why: (p) => `${p["path"]} is not a workspace.`,
    fix: "Choose a folder that holds workspace.sqlite, or let Callsmith create one.",
  },
  E_DATABASE_CORRUPT: {
    class: "expected",
    why: (p) => `The database ${p["path"]} is damaged: ${p["detail"]}.`,
    fix: "Restore the newest file from the workspace's backups folder; imported originals are in its sources folder.",
  },
  E_DATABASE_NEWER: {
    class: "user",
    why: (p) => `${p["path"]} was written by a newer Callsmith (schema ${p["found"]}; this one knows ${p["known"]}).`,
    fix: "Update Callsmith, or open another workspace. Nothing was changed.",
  },
  E_DATABASE_LOCKED: {
    class: "expected",
    why: (p) => `Another Callsmith is writing to ${p["path"]}.`,
    fix: "Close the other one, or wait until its job ends.",
  },
  E_NOT_FOUND: {
    class: "user",
    why: (p) => `There is no ${p["what"]} ${p["id"]} in this workspace.`,
    fix: "It may have been made in another workspace; look at the list.",
  },
  E_TREE: {
    class: "user",
    why: (p) => `The search behind ${p["trajectory"]} gives no such branch: ${p["detail"]}.`,
    fix: "Choose another branch; the trajectory is as it was.",
  },
  // Changes
  E_EDIT_CONFLICT: {
    class: "user",
    why: (p) => `${p["author"]} changed ${p["trajectory"]} in revision ${p["revision"]} while it was being edited.`,
    fix: "Compare the two and keep one of them, or take the turns you want from each. Nothing is lost: yours stays as a draft.",
  },
  E_TAKEN_BACK: {
    class: "user",
    why: (p) => `${p["trajectory"]} was written here and taken back by an undo.`,
    fix: "Redo that change to have it again; its history is kept.",
  },
  E_NOTHING_TO_LEARN: {
    class: "user",
    why: (p) => `No trajectory was written: ${p["detail"]}.`,
    fix: "Write what is asked and the answer or the call that is right, then write it again.",
  },
  E_HELD_OUT_PROMPT: {
    class: "user",
    why: (p) => `The prompt of ${p["where"]} would become a training example word for word, and what it tests would be told beforehand.`,
    fix: "Ask for something else in other words: another place, value or wording. Capitals and spaces do not count. Nothing was written.",
  },
  E_CHANGE_BUSY: {
    class: "user",
    why: (p) => `"${p["title"]}" is still being applied.`,
    fix: "Wait until its job ends, or cancel the job: what it did so far can be undone.",
  },
  E_NOTHING_TO_UNDO: {
    class: "user",
    why: (p) => `There is nothing that ${p["author"]} could ${p["direction"]}.`,
    fix: "Look at the last changes: those of others are theirs to undo, and any revision can be brought back from the history.",
  },
  E_SQL_REFUSED: {
    class: "user",
    why: (p) => `This is not a question that can be asked here: ${p["detail"]}.`,
    fix: "Ask one SELECT at a time. The database is read only here; changes are made in the lists, where they can be undone.",
  },
  E_SQL_FAILED: {
    class: "user",
    why: (p) => `SQLite could not answer: ${p["detail"]}${p["place"]}.`,
    fix: "Correct the statement at that place; tables and columns are listed beside it.",
  },
  E_SQL_TOO_LONG: {
    class: "user",
    why: (p) => `The question took longer than ${p["seconds"]} seconds and was ended.`,
    fix: "Narrow it with a condition or a LIMIT, and ask again. Nothing else was held up.",
  },
  E_OPERATION_INVALID: {
    class: "user",
    why: (p) => `This cannot be done as asked: ${p["detail"]}.`,
    fix: "Correct the named part and try again. Nothing was changed.",
  },
  E_VERSION_EXISTS: {
    class: "user",
    why: (p) => `There is a data version "${p["name"]}" already, and a frozen version stays as it is.`,
    fix: "Choose another name.",
  },
  E_EDIT_REFUSED: {
    class: "user",
    why: (p) => `The edit of ${p["place"]} was not made: ${p["detail"]}.`,
    fix: "Nothing was changed. Follow the reason, or edit the turn as raw text.",
  },
  // Tokens and examples
  E_TOKENIZER_MISSING: {
    class: "user",
    why: (p) => `No tokenizer was found in ${p["path"]}.`,
    fix: "Put vocab.json and merges.txt, or tokenizer.json, beside the model.",
  },
  E_EXAMPLE_NO_TARGET: {
    class: "user",
    why: () => "No token of this trajectory would be trained on.",
    fix: "Check the loss mask, or give the trajectory an assistant turn.",
  },
  E_EXAMPLE_REJECTED: {
    class: "user",
    why: () => "It was rejected in review.",
    fix: "Accept it, or open it again, to train on it.",
  },
  E_EXAMPLE_LEFT_OUT: {
    class: "user",
    why: () => "It is among the trajectories that the run leaves out.",
    fix: "Take it off withoutTrajectories in the run's settings to train on it.",
  },
  E_EXAMPLE_TOO_LONG: {
    class: "user",
    why: (p) => `The targets and what they answer need ${p["length"]} tokens; the window holds ${p["limit"]}.`,
    fix: "Use a longer window, or split the trajectory.",
  },
  // Runs
  E_CONFIG_INVALID: { class: "user", why: (p) => `The run's settings do not hold: ${p["detail"]}.`, fix: "Correct the named setting." },
  E_RUN_NO_EXAMPLES: {
    class: "user",
    why: () => "The run has no example to train on.",
    fix: "Import data, or look at why each trajectory was refused.",
  },
  E_RUN_TOO_LARGE: {
    class: "user",
    why: (p) => `Training needs about ${p["needed"]} of memory for ${p["batch"]} tokens at a time, and this machine has ${p["machine"]}.`,
    fix: "Use a smaller micro-batch (with more accumulation steps, it learns the same), a shorter maximum length, or a smaller model.",
  },
  E_RUN_BUSY: { class: "user", why: (p) => `Run ${p["run"]} is still going.`, fix: "Wait for it, pause it, or stop it first." },
  E_RUN_DONE: {
    class: "user",
    why: (p) => `Run ${p["run"]} has done all of its ${p["steps"]} steps.`,
    fix: "Start a new run with this one as its base model to train further.",
  },
  E_RUN_NO_CHECKPOINT: {
    class: "user",
    why: (p) => `Run ${p["run"]} has no checkpoint yet.`,
    fix: "Let it reach its first checkpoint, or start it again.",
  },
  E_MODEL_INVALID: {
    class: "user",
    why: (p) => `The model in ${p["path"]} cannot be used: ${p["detail"]}.`,
    fix: "Choose another folder, or fetch the model again.",
  },
  E_HUB_UNREACHABLE: {
    class: "expected",
    why: (p) => `The model hub at ${p["endpoint"]} could not be reached: ${p["detail"]}.`,
    fix:
      "Check the connection and resume the job: what is there is kept. Without a network, download config.json, the tokenizer (vocab.json " +
      "and merges.txt, or tokenizer.json) and model.safetensors or pytorch_model.bin from the model's page on another machine, put them " +
      "into one folder, and choose that folder as the model (on the command line: callsmith models add FOLDER).",
  },
  E_HUB_DENIED: {
    class: "user",
    why: (p) => `The hub does not give ${p["model"]}: ${p["detail"]}.`,
    fix: "Accept the model's terms on its page, set HF_TOKEN to a token that may read it, start Callsmith with it, and try again.",
  },
  E_HUB_NOT_FOUND: {
    class: "user",
    why: (p) => `The hub at ${p["endpoint"]} has no ${p["model"]}: ${p["detail"]}.`,
    fix: "Write name and revision as on the hub: facebook/opt-350m, refs/pr/24. A private model needs a token in HF_TOKEN.",
  },
  E_HUB_ANSWER: {
    class: "expected",
    why: (p) => `The hub's answer for ${p["what"]} cannot be used: ${p["detail"]}.`,
    fix: "Try again later. Where HF_ENDPOINT is set, check that it names a hub.",
  },
  E_FETCH_CORRUPT: {
    class: "expected",
    why: (p) => `${p["path"]} is not what the hub lists: ${p["detail"]}.`,
    fix: "Start again; the damaged part was removed. If it stays so, look for a proxy that changes downloads.",
  },
  E_CHECKPOINT_CORRUPT: {
    class: "expected",
    why: (p) => `The checkpoint ${p["path"]} is not whole: ${p["detail"]}.`,
    fix: "Resume from the checkpoint before it.",
  },
  E_EXAMPLES_CORRUPT: {
    class: "expected",
    why: (p) => `The run's example file ${p["path"]} is not whole: ${p["detail"]}.`,
    fix: "Start the run again; its examples are then prepared anew from the workspace.",
  },
  E_FEATURES_CORRUPT: {
    class: "expected",
    why: (p) => `The feature file ${p["path"]} is not whole: ${p["detail"]}.`,
    fix: "Index the run's examples again; the file is then written anew.",
  },
  E_FEATURES_MISFIT: {
    class: "user",
    why: (p) => `The features do not fit the model in ${p["path"]}: ${p["detail"]}.`,
    fix: "Index the run's examples at the checkpoint that you ask about.",
  },
  E_LOSS_NOT_FINITE: {
    class: "expected",
    why: (p) => `Loss or gradient was not finite in two steps in a row, last in step ${p["step"]}.`,
    fix: "Look at the rows of that step, lower the learning rate, and resume from the last checkpoint.",
  },
  E_TRAINER_LOST: {
    class: "expected",
    why: (p) => `The trainer process ended unexpectedly (${p["detail"]}).`,
    fix: "Resume the run; it continues from its last checkpoint.",
  },
  E_TRAINER_KILLED: {
    class: "expected",
    why: (p) => `The system ended the trainer process (${p["detail"]}), as it does with the largest program when memory runs out.`,
    fix:
      "Close other programs, then resume the run: it continues from its last checkpoint. If it ends so again, start one with a smaller " +
      "micro-batch, a shorter maximum length or a smaller model.",
  },
  E_OUT_OF_MEMORY: {
    class: "expected",
    why: (p) => `There is not enough memory: ${p["detail"]}.`,
    fix:
      "Close other programs and start again; a run that is resumed continues from its last checkpoint. If memory runs out again, start a " +
      "run with a smaller micro-batch, a shorter maximum length or a smaller model.",
  },
  E_DEVICE_LOST: {
    class: "expected",
    why: (p) => `The graphics device was lost: ${p["detail"]}.`,
    fix:
      "Resume the run: the device is opened again, and the run continues from its last checkpoint. If it is lost again, update its driver, " +
      "or start a run with the engine set to cpu.",
  },
  E_CHECKPOINT_NO_SPACE: {
    class: "expected",
    why: (p) =>
      `The checkpoint of step ${p["step"]} needs ${p["needed"]} on the disk that holds ${p["path"]}, where ${p["free"]} are free; nothing of it was kept.`,
    fix:
      "Free some space (checkpoints of other runs and exported models are the largest files), then resume the run: it continues from its " +
      "last checkpoint. With keepCheckpoints set lower, a run keeps fewer of them.",
  },
  E_ENGINE: {
    class: "expected",
    why: (p) => `The compute engine could not go on: ${p["detail"]}.`,
    fix: "Try a smaller batch or a shorter window, or the eager engine.",
  },
});
export type ErrorCode = keyof typeof ERRORS;

/** The only error thrown on purpose. Crosses processes as `toJSON()` and comes back by `AppError.from`. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}, options: { cause?: unknown } = {}) {
    super(ERRORS[code].why(params), options);
    this.code = code;
    this.params = params;
  }

  get fix(): string {
    return ERRORS[this.code].fix;
  }

  get class(): ErrorClass {
    return ERRORS[this.code].class;
  }

  toJSON(): { code: ErrorCode; params: ErrorParams; message: string; fix: string; stack?: string } {
    return {
      code: this.code,
      params: this.params,
      message: this.message,
      fix: this.fix,
      ...(this.stack === undefined ? {} : { stack: this.stack }),
    };
  }

  /** Whatever was thrown, as an `AppError`; what has no code of ours is a bug, with its cause kept. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    if (typeof thrown === "object" && thrown !== null && "code" in thrown) {
      const { code, params, path } = thrown as { code: unknown; params?: ErrorParams; path?: string };
      if (typeof code === "string" && code in ERRORS) return new AppError(code as ErrorCode, params ?? {}, { cause: thrown });
      const place = { path: path ?? "the workspace" };
      if (typeof code === "string" && (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB")) {
        const detail = thrown instanceof Error ? thrown.message : code;
        return new AppError("E_DATABASE_CORRUPT", { ...place, detail }, { cause: thrown });
      }
      if (typeof code === "string" && code.startsWith("SQLITE_BUSY")) return new AppError("E_DATABASE_LOCKED", place, { cause: thrown });
      if (code === "EDQUOT" || code === "ENOSPC" || code === "SQLITE_FULL") return new AppError("E_DISK_FULL", place, { cause: thrown });
      if (code === "ENOENT") return new AppError("E_FILE_NOT_FOUND", place, { cause: thrown });
      if (code === "EACCES" || code === "EPERM") return new AppError("E_FILE_NO_ACCESS", place, { cause: thrown });
      if (code === "ENOMEM") return new AppError("E_OUT_OF_MEMORY", { detail: String(thrown) }, { cause: thrown });
    }
    // "Array buffer allocation failed", "WebAssembly.Memory(): could not allocate memory"
    if (thrown instanceof RangeError && /allocat/i.test(thrown.message))
      return new AppError("E_OUT_OF_MEMORY", { detail: thrown.message }, { cause: thrown });
    return new AppError("E_BUG", { detail: thrown instanceof Error ? thrown.message : String(thrown) }, { cause: thrown });
  }
}

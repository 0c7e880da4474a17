/**
 * `spoor state`: backup, check, list and moving of what Spoor remembers.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import { countOf } from "~/base/text/counts.ts";
import { nameTest } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import {
  chooseState,
  type ChosenState,
  openProjectState,
  PRACTICE_OPTION,
  refuseLost,
} from "~/cli/open_project_state.ts";
import { tellMigration } from "~/cli/output/migration_text.ts";
import { renderSize } from "~/cli/output/size_text.ts";
import { countChanges, renderReport, renderStates } from "~/cli/state_view/state_lines.ts";
import { modelNames } from "~/project/models/find_models.ts";
import { backupState, defaultBackupPath } from "~/state/backup_state.ts";
import { checkState } from "~/state/check_state.ts";
import { moveState } from "~/state/move_state.ts";
import { modelsWithState, storedState } from "~/state/stored_states.ts";
import { openState, stateFilePath, withWordsOfState } from "~/store/file/open_state.ts";
import { lockPathOf, takeRunLock } from "~/store/file/run_lock.ts";
import { findUnknownSender, unreadableMark } from "~/store/file/sent_mark.ts";
import { PROJECT_ID, readMeta } from "~/store/meta.ts";

const OPTIONS = { practice: PRACTICE_OPTION } as const satisfies OptionTable;

type StateCall = Call<typeof OPTIONS>;

/** What an action gets. */
interface Situation extends ChosenState {
  /** The state file. */
  path: string;
  /** What came after the action's name. */
  args: readonly string[];
  call: StateCall;
}

/** An action: the arguments that it takes, and what it does. */
interface Action {
  usage: string;
  takes: readonly [least: number, most: number];
  run: (situation: Situation) => number;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { usage: "list", takes: [0, 0], run: list },
  check: { usage: "check", takes: [0, 0], run: check },
  backup: { usage: "backup [FILE]", takes: [0, 1], run: backup },
  mv: { usage: "mv OLD NEW", takes: [2, 2], run: move },
};

/** Looks after the state file. */
export const stateCommand = defineCommand({
  name: "state",
  summary: "List, check, back up and move what Spoor remembers",
  details: [
    "The state file .spoor/spoor.db holds what was accepted by whom. Without it everything counts as",
    "never sent. So once the project has sent, no run begins without it, or from an older one, as long",
    "as the file spoor.sent beside it is there to tell. Where all of .spoor/ may be lost, project_id in",
    "spoor.yaml tells: no run begins then without that project's state.",
    "",
    "  list           the models that have state, and which of them the project no longer has",
    "  check          whether the file is whole and its records agree; exit code 1 where not",
    "  backup [FILE]  a copy that is whole, also while a run goes on; .spoor/backups/ if no FILE",
    "  mv OLD NEW     a model was renamed: its state goes with it, so that nothing is sent again",
  ].join("\n"),
  positionals: [
    {
      name: "action",
      help: "What to do",
      required: true,
      choices: Object.keys(ACTIONS),
    },
    { name: "argument", help: "backup: a file; mv: two models", many: true, complete: "models" },
  ],
  options: OPTIONS,
  examples: [
    ["spoor state list", "Which models have state"],
    ["spoor state backup", "Copy the state file to .spoor/backups/, named by the time"],
    ["spoor state backup /mnt/backups/monday.db", "Copy it there"],
    ["spoor state check", "Look whether all is well with it"],
    ["spoor state mv sync.crm sync.hubspot", "After models/sync/crm.ts became hubspot.ts"],
  ],
  async run(call) {
    const [name = "", ...args] = call.positionals;
    const action = ACTIONS[name];
    if (!action) throw new Error(`"${name}" was let through as an action`);
    const [least, most] = action.takes;
    if (args.length < least || args.length > most) throw wrongArguments(name, args, action);
    const chosen = await chooseState(call.options);
    const path = stateFilePath(chosen.root, chosen.practice);
    return await withWordsOfState(path, () => action.run({ ...chosen, path, args, call }));
  },
});

function wrongArguments(
  name: string,
  args: readonly string[],
  { takes, usage }: Action,
): UserError {
  const extra = args[takes[1]];
  const state = extra === undefined
    ? `it takes ${countOf(takes[0], "argument")}`
    : `"${extra}" is one argument too many`;
  return new UserError(`Cannot run "spoor state ${name}": ${state}`, {
    hint: `Write "spoor state ${usage}"`,
    exitCode: 2,
  });
}

function list(situation: Situation): number {
  const { root, option, call: { options, output } } = situation;
  using db = openProjectState(situation, "list the state");
  const isOfProject = nameTest(modelNames(root));
  const states = modelsWithState(db).map((model) => ({
    ...storedState(db, model),
    isOfProject: isOfProject(model),
  }));
  if (options.json) {
    for (const state of states) {
      output.json("model_state", {
        model: state.model,
        kind: state.kind ?? null,
        rows: state.target === "table" ? state.rows : null,
        accepted_rows: state.acceptedRows ?? null,
        changes_waiting: countChanges(state),
        changes: state.changes,
        pending: state.pending,
        last_success_at: state.lastSuccess ?? null,
        in_project: state.isOfProject,
      });
    }
  } else if (states.length === 0) output.line("No model has any state yet.");
  else output.lines(renderStates(states, { style: output.style, option }));
  return ExitCode.Ok;
}

function check(situation: Situation): number {
  const { root, practice, path, option, expected, call: { options, output } } = situation;
  using db = openProjectState(situation, "check the state");
  const report = checkState({
    db,
    isOfProject: nameTest(modelNames(root)),
    unknownSender: () => findUnknownSender(path, db),
    unreadableMark: () => practice ? undefined : unreadableMark(path),
    expectedId: expected?.id,
    option,
  });
  const { findings, notes, checks, schema, currentSchema } = report;
  // That of practice runs means nothing to the settings.
  const projectId = practice ? undefined : readMeta(db, PROJECT_ID);
  if (options.json) {
    for (const finding of findings) output.json("state_finding", finding);
    output.json("state_check", {
      path,
      ok: findings.length === 0,
      schema,
      current_schema: currentSchema,
      project_id: projectId ?? null,
      checks,
      findings: findings.length,
      notes,
    });
  } else {
    output.lines(renderReport(path, report, output.style));
    if (projectId !== undefined) output.line(`project_id: ${projectId}`);
  }
  return findings.length === 0 ? ExitCode.Ok : ExitCode.Failed;
}

function backup(
  { root, practice, path, option, args: [file], call: { options, output } }: Situation,
): number {
  const to = file === undefined
    ? defaultBackupPath(path, new Date().toISOString())
    : isAbsolute(file)
    ? file
    : resolve(Deno.cwd(), file);
  const sizeBytes = backupState(path, to);
  if (sizeBytes === undefined) {
    refuseLost(root, practice, "back up the state");
    throw new UserError("Cannot back up the state: nothing has run here yet", {
      hint: `Run "spoor run${option}" first`,
    });
  }
  if (options.json) output.json("state_backup", { path: to, size_bytes: sizeBytes });
  else output.line(`The state was copied to ${to} (${renderSize(sizeBytes)}).`);
  return ExitCode.Ok;
}

function move(situation: Situation): number {
  const { root, path, option, args: [from = "", to = ""], call: { options, output } } = situation;
  // Refused before anything is written, also before an older file is brought up to date.
  openProjectState(situation, `move the state of ${from}`).close();
  const command = `spoor state mv ${from} ${to}`;
  using _lock = takeRunLock(
    lockPathOf(path),
    command,
    new Date().toISOString(),
    `move the state of ${from}`,
  );
  using db = openState(path, undefined, tellMigration(output));
  const moved = moveState(db, { from, to, projectModels: modelNames(root), option });
  if (options.json) {
    const { rows, acceptedRows, changes } = moved;
    output.json("state_moved", { from, to, rows, accepted_rows: acceptedRows, changes });
  } else {
    output.line(
      `The state of ${from} is that of ${to} now: ${countOf(moved.rows, "row")}, ` +
        `${countOf(moved.acceptedRows, "accepted row")}, ${
          countOf(moved.changes, "change")
        } not acknowledged.`,
    );
  }
  return ExitCode.Ok;
}

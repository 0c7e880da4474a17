/**
 * What must be true of Spoor's tables. A check is a question to the state file; a new one is a
 * function and a line in the list.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { foldName } from "~/base/text/same_name.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { nextLedgerId } from "~/store/changes/ledger.ts";
import { olderThanSent } from "~/store/file/sent_mark.ts";
import { PROJECT_ID, readMeta } from "~/store/meta.ts";
import { acceptedKeyOf, acceptedTableName, COLUMNS_ID } from "~/tracked/accept/accepted_table.ts";
import { isTargetTable } from "~/tracked/accept/target_table.ts";
import { isTargetView } from "~/tracked/accept/target_view.ts";
import { CONTENT_HASH } from "~/tracked/content_hash.ts";
import { cutKeyText } from "~/tracked/group_key.ts";
import { columnsOf, countFrom, findTableType } from "~/warehouse/tables.ts";
import type { CheckFacts, CheckResult } from "./check_state.ts";
import { modelsWithAccepted, storedState } from "./stored_states.ts";

type Check = (facts: CheckFacts) => CheckResult;

/** Name of a check → the check, in the order in which they are made. */
export const STATE_CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["project", checkProjectId],
  ["last sender", checkLastSender],
  ["accepted rows", checkAccepted],
  ["tables", checkTargets],
  ["ledger", checkLedger],
  ["change ids", checkChangeIds],
  ["sums", checkSums],
  ["models", checkModels],
  ["runs", checkRuns],
  ["records", checkRecords],
]);

const CHANGE_STATES = ["sent", "unknown", "failed", "rejected", "settled"];
const ACTIONS = ["create", "update", "remove"];
const SHOWN = 10;

const result = (
  findings: CheckResult["findings"],
  notes: readonly string[] = [],
): CheckResult => ({ findings, notes });

/** Idempotency-Keys are made of it. */
function checkProjectId({ db, expectedId }: CheckFacts): CheckResult {
  const id = readMeta(db, PROJECT_ID);
  if (id && (expectedId === undefined || id === expectedId)) return result([]);
  if (id) {
    return result([{
      message: `The file is that of project ${id}, and spoor.yaml expects that of ${expectedId}`,
      hint:
        "Put the file that is expected, or a backup of it, in its place; no run begins from this one",
    }]);
  }
  return result([{
    message: `"spoor.meta" has no project_id, of which Idempotency-Keys are made`,
    hint: "Restore a backup: under another id a repeated request would have another key",
  }]);
}

/** What was sent since would be sent again. */
function checkLastSender({ unknownSender, unreadableMark }: CheckFacts): CheckResult {
  const why = unreadableMark?.();
  if (why !== undefined) {
    return result([{
      message: why,
      hint: "No run begins from it; spoor run says how to go on",
    }]);
  }
  const sender = unknownSender?.();
  if (!sender) return result([]);
  const { runId, startedAt } = sender;
  return result([{
    message: `The file is ${olderThanSent(runId, startedAt)}`,
    hint: "Put the newer file in its place; no run begins from this one",
  }]);
}

/** Each table of accepted rows belongs to a model, and each of its rows to a set of columns. */
function checkAccepted({ db, isOfProject, option = "" }: CheckFacts): CheckResult {
  const models = modelsWithAccepted(db);
  const notes = models.filter((model) => !isOfProject(model)).map((model) =>
    `State is left over of ${model}, which the project no longer has; ` +
    `if it was renamed, run "spoor state mv ${model} <new name>${option}"`
  );
  const findings = models.flatMap((model) => {
    const lost = countFrom(
      db,
      // 0: an earlier version took it into doubt.
      `${quoteIdentifier(acceptedTableName(model))} WHERE ${COLUMNS_ID} <> 0
         AND abs(${COLUMNS_ID}) NOT IN (SELECT id FROM "spoor.accepted_columns" WHERE model = ?)`,
      model,
    );
    return lost === 0 ? [] : [{
      message: `${countOf(lost, "accepted row")} of ${model} ${
        lost === 1 ? "names" : "name"
      } a set of columns that is not known`,
      hint:
        `Such rows count as changed and would be sent again; restore a backup if that must not be`,
    }];
  });
  return result(findings, notes);
}

/**
 * What was accepted is in the model's table too: both are written in one transaction, or the table is a view of
 * it.
 */
function checkTargets({ db, option = "" }: CheckFacts): CheckResult {
  const accepted = new Set(modelsWithAccepted(db));
  const findings = trackedTargets(db, accepted).flatMap((model) => {
    const { rows, showsAccepted } = storedState(db, model);
    if (accepted.has(model)) return showsAccepted ? [] : missingGroups(db, model, option);
    if (rows === 0 && !showsAccepted) return [];
    const has = showsAccepted ? "shows what was accepted of it" : `has ${countOf(rows, "row")}`;
    return [{
      message: `${model} ${has}, and ${showsAccepted ? "that" : "what was accepted of it"} is gone`,
      hint: "Restore a backup; a model that sends does not run without it",
    }];
  });
  return result(findings);
}

/** @param accepted Models with accepted rows: their tables were targets, whatever was done to them since. */
function trackedTargets(db: DatabaseSync, accepted: ReadonlySet<string>): string[] {
  const isTracked = (name: string, type: unknown) => {
    if (type === "view") return isTargetView(db, name);
    return accepted.has(name)
      ? columnsOf(db, name).includes(CONTENT_HASH)
      : isTargetTable(db, name);
  };
  return db.prepare(`SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')`).all()
    .map(({ name, type }) => ({ name: String(name), type }))
    .filter(({ name, type }) => !name.startsWith("spoor.") && isTracked(name, type))
    .map(({ name }) => name);
}

function missingGroups(db: DatabaseSync, model: string, option: string): CheckResult["findings"] {
  const key = acceptedKeyOf(db, model);
  const columns = new Set(columnsOf(db, model).map(foldName));
  // Another unique key than the rows were saved with: there is nothing to tell them by.
  if (key.length === 0 || key.some((each) => !columns.has(foldName(each)))) return [];
  const equal = key.map((each) => `t.${quoteIdentifier(each)} = a.${quoteIdentifier(each)}`);
  // As SQL writes them: a number past 2^53 cannot be read as one.
  const list = key.map((each) => `quote(a.${quoteIdentifier(each)})`).join(", ");
  const missing = db.prepare(
    `SELECT DISTINCT ${list} FROM ${quoteIdentifier(acceptedTableName(model))} AS a WHERE NOT EXISTS
     (SELECT 1 FROM ${quoteIdentifier(model)} AS t WHERE ${equal.join(" AND ")}) LIMIT ${
      SHOWN + 1
    }`,
  ).all().map((row) => Object.values(row).map((value) => cutKeyText(String(value))).join(", "));
  if (missing.length === 0) return [];
  const more = missing.length > SHOWN ? ", …" : "";
  return [{
    message: `Groups of ${model} were accepted and are not in its table: ${key.join(", ")} = ${
      missing.slice(0, SHOWN).join("; ")
    }${more}`,
    hint: `Nothing is sent again for it. If the rows were deleted by hand, all is well; ` +
      `"spoor run ${model} --resend ${model}${option}" sends and saves all groups anew`,
  }];
}

/** Each row is a change that Spoor knows how to go on with. */
function checkLedger({ db }: CheckFacts): CheckResult {
  const columns = new Set(columnsOf(db, "spoor.ledger"));
  const ofLaterSchema = columns.has("action")
    ? `WHEN action NOT IN (${listOf(ACTIONS)}) THEN 'the action ' || action
       WHEN state = 'rejected' AND parked <> 1 THEN 'the state rejected, and is not parked'`
    : "";
  const rows = db.prepare(
    `SELECT id, model, CASE WHEN state NOT IN (${listOf(CHANGE_STATES)}) THEN 'the state ' || state
       WHEN NOT json_valid(group_key) THEN 'the key ' || group_key
       WHEN json_type(group_key) <> 'array' THEN 'the key ' || group_key
       ${ofLaterSchema} END AS wrong
     FROM "spoor.ledger" WHERE wrong IS NOT NULL ORDER BY id LIMIT ${SHOWN}`,
  ).all();
  return result(rows.map(({ id, model, wrong }) => ({
    message: `Change ${id} of ${model} has ${wrong}`,
    hint: "Restore a backup; the change would be sent under another key, or not at all",
  })));
}

function listOf(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(", ");
}

/** An id is never given twice: of it the Idempotency-Key is made. */
function checkChangeIds({ db }: CheckFacts): CheckResult {
  const next = nextLedgerId(db);
  const last = Number(db.prepare(`SELECT max(id) AS id FROM "spoor.ledger"`).get()?.id ?? 0);
  if (last < next) return result([]);
  return result([{
    message: `The ledger has a change ${last}, and would give the id ${next} next`,
    hint: "Restore a backup: two changes could get one Idempotency-Key",
  }]);
}

/** Delivered = saved + rejected + failed + unknown + left. What is parked was not to be delivered. */
function checkSums({ db }: CheckFacts): CheckResult {
  const columns = new Set(columnsOf(db, "spoor.steps"));
  const ends = ["saved", "rejected", "failed", "unknown", "left"]
    .map((name) => `groups_${name}`).filter((name) => columns.has(name));
  const sum = ends.map((name) => `coalesce(${name}, 0)`).join(" + ");
  // Removed groups are delivered where the model asks for them.
  const steps = db.prepare(
    `SELECT run_id, model, groups_new + groups_changed AS found, groups_removed AS removed,
       ${sum} AS ended FROM "spoor.steps" WHERE groups_new IS NOT NULL AND
       ${sum} NOT IN (groups_new + groups_changed, groups_new + groups_changed + groups_removed)
     ORDER BY run_id LIMIT ${SHOWN}`,
  ).all();
  return result(steps.map(({ run_id: run, model, found, removed, ended }) => ({
    message:
      `The sums of ${model} in run ${run} do not balance: ${
        countOf(Number(found), "group")
      } to deliver` +
      `${Number(removed) > 0 ? ` and ${removed} removed` : ""}, ${ended} accounted for`,
    hint: `Look at it with: spoor query "SELECT * FROM spoor.steps WHERE run_id = ${run}"; ` +
      "this is a mistake of Spoor's, worth a report",
  })));
}

/** What skipping is decided by can be read. */
function checkModels({ db }: CheckFacts): CheckResult {
  const rows = db.prepare(
    `SELECT model, CASE WHEN NOT json_valid(inputs) THEN 'inputs that are no JSON'
       WHEN data_version < 0 THEN 'the data version ' || data_version
       WHEN waiting < 0 THEN waiting || ' waiting groups' END AS wrong
     FROM "spoor.models" WHERE wrong IS NOT NULL ORDER BY model LIMIT ${SHOWN}`,
  ).all();
  return result(rows.map(({ model, wrong }) => ({
    message: `"spoor.models" has ${wrong} for ${model}`,
    hint: `Restore a backup, or run "spoor query" to look at it`,
  })));
}

/** What runs and stages were cut off; the next run tidies up by itself. */
function checkRuns({ db }: CheckFacts): CheckResult {
  const open = db.prepare(`SELECT id, started_at FROM "spoor.runs" WHERE status = 'running'`).all();
  const notes = open.map(({ id, started_at: at }) =>
    `Run ${id} of ${at} has not ended: it goes on, or was killed; the next run tells`
  );
  const orphans = db.prepare(
    `SELECT run_id, count(*) AS n FROM "spoor.steps" WHERE run_id NOT IN
     (SELECT id FROM "spoor.runs") GROUP BY run_id LIMIT ${SHOWN}`,
  ).all();
  return result(
    orphans.map(({ run_id: run, n }) => ({
      message: `${countOf(Number(n), "model")} ${
        n === 1 ? "has" : "have"
      } a part in run ${run}, which is not recorded`,
      hint: "Only history is concerned; nothing is sent or lost for it",
    })),
    notes,
  );
}

/** What records have in common is kept once: without it nothing can be read of them. */
function checkRecords({ db }: CheckFacts): CheckResult {
  // A file of an older schema has no such tables.
  if (findTableType(db, "spoor.delivery_records") === undefined) return result([]);
  const deliveries = countFrom(
    db,
    `"spoor.delivery_records" WHERE model_id NOT IN (SELECT id FROM "spoor.model_names")`,
  );
  const requests = countFrom(
    db,
    `"spoor.request_records" WHERE kind_id NOT IN (SELECT id FROM "spoor.request_kinds")`,
  );
  const hint = "Only history is concerned; nothing is sent or lost for it";
  return result([
    ...deliveries > 0
      ? [{ message: ofUnknown(deliveries, ["delivery", "deliveries"], "model"), hint }]
      : [],
    ...requests > 0
      ? [{ message: ofUnknown(requests, ["request", "requests"], "kind"), hint }]
      : [],
  ]);
}

function ofUnknown(
  count: number,
  [one, many]: readonly [one: string, many: string],
  what: string,
): string {
  return count === 1
    ? `1 ${one} is of a ${what} that is not known`
    : `${countOf(count, one, many)} are of ${what}s that are not known`;
}

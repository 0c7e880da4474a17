/**
 * Tells a model that is new from one that has lost its state: by a renaming, or because the table
 * of what was accepted is gone. A new one sends everything; one that has lost its state would send
 * everything a second time.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { acceptedKeyOf, acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { areRowsKept, hasDelivered } from "~/tracked/accept/kept_rows.ts";
import { findTableType, isEmpty } from "~/warehouse/tables.ts";
import { modelsWithAccepted, type StoredState, storedState } from "./stored_states.ts";

/** A model that the project no longer has, and that groups were accepted of. */
export interface FormerModel {
  model: string;
  acceptedRows: number;
  fingerprint: string;
  /** Lower case, sorted. */
  uniqueKey: readonly string[];
  /** Tables that it read at its last success, lower case, sorted; none where its last run failed. */
  reads: readonly string[];
  /** Where the last run in which it sent has sent to, as `@allow_net` may name it: with the port, and without. */
  hosts: readonly string[];
}

/** What is known of a model that is about to send. */
export interface LostStateFacts {
  model: Pick<Model, "name" | "fingerprint" | "path">;
  /** As those of a former model. */
  uniqueKey: readonly string[];
  reads: readonly string[];
  /** `@allow_net`, lower case. */
  hosts: readonly string[];
  own: StoredState;
  /** The name in another case under which there is state: to SQLite the same tables, to Spoor not. */
  otherCase?: Pick<FormerModel, "model" | "acceptedRows"> | undefined;
  formers: readonly FormerModel[];
  /** ` --practice`, or nothing: what the commands in a hint need. */
  option: string;
}

/** How a former model is taken for the present one; the first that holds is the reason. */
const LIKENESSES: readonly {
  because: string;
  isAlike: (former: FormerModel, facts: LostStateFacts) => boolean;
}[] = [
  {
    because: "its file is the same",
    isAlike: (former, { model }) => former.fingerprint === model.fingerprint,
  },
  {
    because: "it has the same name in another schema",
    isAlike: (former, { model }) => lastPart(former.model) === lastPart(model.name),
  },
  {
    because: "it has the same unique key and reads the same tables",
    isAlike: ({ uniqueKey, reads }, facts) =>
      isEqual(uniqueKey, facts.uniqueKey) && (reads.length === 0 || isEqual(reads, facts.reads)),
  },
  {
    because: "it reads the same tables",
    isAlike: ({ reads }, facts) => reads.length > 0 && isEqual(reads, facts.reads),
  },
  {
    because: "it has the same unique key and sends to the same host",
    isAlike: ({ uniqueKey, hosts }, facts) =>
      isEqual(uniqueKey, facts.uniqueKey) && facts.hosts.some((host) => hosts.includes(host)),
  },
];

/** What a model has lost, as an error with the way out; `undefined`: nothing. */
export function findLostState(facts: LostStateFacts): UserError | undefined {
  const { own } = facts;
  if (facts.otherCase) return renamedState(facts, [facts.otherCase], "only the case differs");
  const hasHeld = own.showsAccepted || own.hasContentHash && own.rows > 0;
  if (own.acceptedRows === undefined && hasHeld) return goneState(facts);
  const isNew = own.kind === undefined && !own.acceptedRows &&
    Object.keys(own.changes).length === 0;
  if (!isNew) return undefined;
  for (const { because, isAlike } of LIKENESSES) {
    const alike = facts.formers.filter((each) => isAlike(each, facts));
    if (alike.length > 0) return renamedState(facts, alike, because);
  }
  return undefined;
}

function renamedState(
  { model: { name, path }, option }: LostStateFacts,
  formers: readonly Pick<FormerModel, "model" | "acceptedRows">[],
  because: string,
): UserError {
  const had = formers.map(({ model, acceptedRows }) =>
    `${model}, which the project no longer has, has ${countOf(acceptedRows, "accepted row")}`
  );
  const [old = ""] = formers.map(({ model }) => model);
  const isOne = formers.length === 1;
  const which = isOne ? old : `One of ${formers.map(({ model }) => model).join(", ")}`;
  return new UserError(`Cannot send ${name}: it has no state, and ${had.join("; ")}`, {
    at: { path },
    details: [`${which} was probably renamed to ${name}: ${because}. Nothing was sent.`],
    hint: `If it was renamed, run "spoor state mv ${isOne ? old : "OLD"} ${name}${option}"${
      isOne ? "" : " with the name that it had"
    }; if it is another model, "spoor run ${name} --resend ${name}${option}" sends all its groups`,
  });
}

function goneState({ model: { name, path }, own, option }: LostStateFacts): UserError {
  const left = own.showsAccepted
    ? "though its table is there to show it"
    : `though its table has ${countOf(own.rows, "row")}`;
  return new UserError(
    `Cannot send ${name}: what was accepted of it is no longer in the state file, ${left}`,
    {
      at: { path },
      details: [`The table "spoor.accepted.${name}" is gone. Nothing was sent.`],
      hint: `Restore a backup of the state file; ` +
        `"spoor run ${name} --resend ${name}${option}" sends all its groups again`,
    },
  );
}

/**
 * Looks for what a model that is about to send has lost. A model in order costs two look-ups.
 *
 * @param isOfProject Whether the project has a model of that name.
 */
export function lookForLostState(
  db: DatabaseSync,
  model: Model,
  isOfProject: (name: string) => boolean,
  option: string,
): UserError | undefined {
  const otherCase = findOtherCase(db, model.name);
  // What it only kept is no state of a model that sends.
  const onlyKept = areRowsKept(db, model.name) && !hasDelivered(db, model.name);
  if (otherCase === undefined && !onlyKept && hasAcceptedRow(db, model.name)) return undefined;
  const stored = storedState(db, model.name);
  const own = onlyKept ? { ...stored, kind: undefined, acceptedRows: 0 } : stored;
  const isNew = own.kind === undefined && !own.acceptedRows;
  return findLostState({
    model,
    uniqueKey: folded(model.directives.uniqueKey ?? []),
    reads: folded(model.references.map(({ table }) => table)),
    hosts: folded(model.directives.allowNet ?? []),
    own,
    ...(otherCase !== undefined && own.kind === undefined &&
      { otherCase: { model: otherCase, acceptedRows: own.acceptedRows ?? 0 } }),
    formers: isNew ? formerModels(db, isOfProject) : [],
    option,
  });
}

function findOtherCase(db: DatabaseSync, model: string): string | undefined {
  const row = db.prepare(
    `SELECT model FROM "spoor.accepted_columns" WHERE model = ?1 COLLATE NOCASE AND model <> ?1 LIMIT 1`,
  ).get(model);
  return row ? String(row.model) : undefined;
}

function hasAcceptedRow(db: DatabaseSync, model: string): boolean {
  const table = acceptedTableName(model);
  return findTableType(db, table) !== undefined && !isEmpty(db, table);
}

function formerModels(db: DatabaseSync, isOfProject: (name: string) => boolean): FormerModel[] {
  const find = db.prepare(`SELECT fingerprint, inputs FROM "spoor.models" WHERE model = ?`);
  return modelsWithAccepted(db).flatMap((model) => {
    if (isOfProject(model) || !hasSent(db, model)) return [];
    const acceptedRows = storedState(db, model).acceptedRows ?? 0;
    const row = find.get(model);
    return acceptedRows === 0 ? [] : [{
      model,
      acceptedRows,
      fingerprint: String(row?.fingerprint ?? ""),
      uniqueKey: folded(acceptedKeyOf(db, model)),
      reads: folded(Object.keys(JSON.parse(String(row?.inputs ?? "{}")))),
      hosts: hostsOf(db, model),
    }];
  });
}

function hostsOf(db: DatabaseSync, model: string): string[] {
  const rows = db.prepare(
    `SELECT DISTINCT url FROM (SELECT url FROM "spoor.requests" WHERE model = ?1 AND run_id =
       (SELECT max(run_id) FROM "spoor.steps" WHERE model = ?1 AND requests_sent > 0) LIMIT 100)`,
  ).all(model);
  return rows.flatMap(({ url }) => {
    const { hostname, port, protocol } = URL.parse(String(url)) ?? {};
    return hostname ? [hostname, `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`] : [];
  });
}

/** A tracked SQL model has accepted rows and no deliveries. Of a run that was killed there is no record. */
function hasSent(db: DatabaseSync, model: string): boolean {
  const row = db.prepare(
    `SELECT count(*) AS steps, count(groups_saved) AS deliveries FROM "spoor.steps" WHERE model = ?`,
  ).get(model);
  return Number(row?.steps) === 0 || Number(row?.deliveries) > 0;
}

function folded(names: readonly string[]): string[] {
  return names.map(foldName).sort();
}

function lastPart(name: string): string {
  return foldName(name.slice(name.lastIndexOf(".") + 1));
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

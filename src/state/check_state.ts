/**
 * Holds a state file against all that must be true of it: SQLite's own structure, Spoor's tables,
 * and what they say of each other. Nothing is written.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "~/base/message_of.ts";
import { versionOf } from "~/store/file/open_state.ts";
import type { SendingRun } from "~/store/file/sent_mark.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { STATE_CHECKS } from "./state_checks.ts";
import { checkSchema } from "./schema_check.ts";

/** One thing that is not as it must be, and what to do. */
export interface StateFinding {
  /** Name of the check. */
  check: string;
  message: string;
  /** A full sentence. */
  hint: string;
}

/** What a check may look at. */
export interface CheckFacts {
  db: DatabaseSync;
  /** Whether the project has a model of that name. */
  isOfProject: (name: string) => boolean;
  /** The run that sent last, where the file does not know of it. */
  unknownSender?: () => SendingRun | undefined;
  /** Why it cannot be read which run has sent last, where that is so. */
  unreadableMark?: () => string | undefined;
  /** The `project_id` that the settings expect, if they do. */
  expectedId?: string | undefined;
  /** What commands in hints need to be about this state: ` --practice`, or nothing. @default nothing */
  option?: string;
}

/** What came of looking at a state file. */
export interface StateReport {
  /** The schema that the file has. */
  schema: number;
  /** The schema that this Spoor writes. */
  currentSchema: number;
  /** Names of the checks that were made. */
  checks: readonly string[];
  findings: readonly StateFinding[];
  /** What is not wrong, and worth knowing. */
  notes: readonly string[];
}

/** What one check has to say. */
export type CheckResult = Pick<StateReport, "notes"> & {
  findings: readonly Omit<StateFinding, "check">[];
};

/** Checks a state file that could be opened, so that its application id and schema are known. */
export function checkState(facts: CheckFacts): StateReport {
  // One moment of the file, whatever a run writes meanwhile.
  facts.db.exec("BEGIN");
  const schema = versionOf(facts.db);
  const checks: string[] = [];
  const findings: StateFinding[] = [];
  const notes: string[] = [];
  const take = (name: string, result: CheckResult) => {
    checks.push(name);
    findings.push(...result.findings.map((finding) => ({ check: name, ...finding })));
    notes.push(...result.notes);
    return result.findings.length === 0;
  };
  const isWhole = take("file structure", checkIntegrity(facts.db)) &&
    take("schema", checkSchema(facts.db, schema));
  // What the tables say can be asked only of tables that are there and can be read.
  if (isWhole) { for (const [name, check] of STATE_CHECKS) take(name, check(facts)); }
  if (schema < MIGRATIONS.length) {
    notes.push(
      `The schema is ${schema}; the next run brings it to ${MIGRATIONS.length}`,
    );
  }
  facts.db.exec("ROLLBACK");
  return { schema, currentSchema: MIGRATIONS.length, checks, findings, notes };
}

const DAMAGED_HINT =
  "Make a copy of the file as it is, then restore a backup; without one everything counts as never sent";
const MESSAGES_SHOWN = 10;

function checkIntegrity(db: DatabaseSync): CheckResult {
  const messages = integrityMessages(db);
  if (messages.length === 1 && messages[0] === "ok") return { findings: [], notes: [] };
  const findings = messages.slice(0, MESSAGES_SHOWN).map((message) => ({
    message: `The file is damaged: ${message}`,
    hint: DAMAGED_HINT,
  }));
  return { findings, notes: [] };
}

function integrityMessages(db: DatabaseSync): string[] {
  try {
    return db.prepare(`PRAGMA integrity_check(${MESSAGES_SHOWN})`).all()
      .map(({ integrity_check: message }) => String(message));
  } catch (error) {
    return [messageOf(error)];
  }
}

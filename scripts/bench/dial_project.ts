/**
 * A project whose mart changes by a turn of a dial, without a large file to be read again.
 *
 * `raw.accounts` is made once. The view `mart.accounts` puts a row of the small file `dial.csv`
 * beside each of its rows: `note`, which the tracked model does not select, and `turn`, which
 * changes one row in a hundred. So a new note wakes the tracked model and it finds nothing; a new
 * turn gives it one per cent to send.
 *
 * @module
 */
import { join } from "node:path";
import { ACCOUNT_COLUMNS } from "./accounts.ts";
import { acknowledgingModel, writeModel } from "./accounts_project.ts";
import { type Bench, forget } from "./bench.ts";

const SELECTED = ACCOUNT_COLUMNS.join(", ");

/** Writes the project with the dial at its first position. */
export async function writeDialProject(folder: string, rows: number): Promise<void> {
  await writeModel(folder, "raw/accounts.sql", accountsSql(rows));
  await writeModel(folder, "raw/dial.ts", DIAL_MODEL);
  await writeModel(folder, "mart/accounts.sql", `-- @kind: view\n${martSql()}\n`);
  await writeModel(folder, "sync/accounts.ts", acknowledgingModel("mart.accounts"));
  await turnDial(folder, { turn: 0, note: 0 });
}

/** Writes the small file. */
export async function turnDial(
  folder: string,
  dial: { turn: number; note: number },
): Promise<void> {
  await Deno.writeTextFile(
    join(folder, "dial.csv"),
    `turn,note\n${dial.turn},note ${dial.note}\n`,
  );
}

/** Makes the tables above the tracked model anew; nothing of them is accepted. */
export async function runAbove(bench: Bench, project: string): Promise<void> {
  await forget(project);
  await bench.run(project, "raw.accounts", "raw.dial", "mart.accounts");
}

/** The same tables and the rows last accepted, for plain SQLite. */
export function preparedForJoinSql(rows: number): string {
  return `
    CREATE TABLE "raw.accounts" AS ${accountsSql(rows)};
    CREATE TABLE "raw.dial" AS SELECT '0' AS turn, 'note 1' AS note;
    CREATE VIEW "mart.accounts" AS ${plainNames(martSql())};
    CREATE TABLE accepted (
      account_id INTEGER PRIMARY KEY, email, name, plan, country, seats, balance, updated_at
    );
    INSERT INTO accepted SELECT ${SELECTED} FROM "mart.accounts";
  `;
}

/** The by-value join: rows of a table that are new or differ from what was last accepted. */
export function joinByValueSql(table: string): string {
  const differs = ACCOUNT_COLUMNS.slice(1).map((name) => `now.${name} IS NOT was.${name}`);
  return `
    SELECT now.account_id FROM (SELECT ${SELECTED} FROM "${table}") AS now
    LEFT JOIN accepted AS was ON was.account_id = now.account_id
    WHERE was.account_id IS NULL OR ${differs.join(" OR ")}
  `;
}

function accountsSql(rows: number): string {
  return `WITH RECURSIVE ids(id) AS (
  SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < ${rows}
)
SELECT
  id AS account_id,
  'user' || id || '@example.com' AS email,
  'Account ' || (id % 9973) AS name,
  CASE id % 3 WHEN 0 THEN 'free' WHEN 1 THEN 'starter' ELSE 'business' END AS plan,
  CASE id % 2 WHEN 0 THEN 'DE' ELSE 'SE' END AS country,
  1 + id % 250 AS seats,
  (id * 37 % 1000003) / 100.0 AS balance,
  '2026-10-01T08:30:00Z' AS updated_at
FROM ids
`;
}

function martSql(): string {
  return `SELECT
  account_id, email, name, plan, country,
  CASE WHEN account_id % 100 = 0 THEN seats + CAST(turn AS INTEGER) ELSE seats END AS seats,
  balance, updated_at, note
FROM raw.accounts CROSS JOIN raw.dial`;
}

function plainNames(sql: string): string {
  return sql.replaceAll(/\braw\.\w+/g, '"$&"');
}

const DIAL_MODEL = `// @kind: table
// @allow_read: dial.csv
import { files, save } from "spoor";

for await (const file of files("dial.csv")) {
  await save.rows(file.csv());
}
`;

/**
 * The whole way as a project: a CSV file → raw → staging → a tracked model that sends.
 *
 * @module
 */
import { join } from "node:path";
import { ACCOUNT_COLUMNS, writeAccounts } from "./accounts.ts";

/** The staging model's SELECT, which the floor's copy runs too. */
export const STAGING_SQL = `SELECT
  CAST(account_id AS INTEGER) AS account_id,
  email, name, plan, country,
  CAST(seats AS INTEGER) AS seats,
  CAST(balance AS REAL) AS balance,
  updated_at
FROM raw.accounts`;

/** A project in a folder of its own. */
export interface AccountsProject {
  folder: string;
  csv: string;
}

/** Writes the CSV file and the models; the tracked model acknowledges without sending at first. */
export async function writeAccountsProject(
  folder: string,
  rows: number,
): Promise<AccountsProject> {
  const csv = join(folder, "accounts.csv");
  await writeAccounts(csv, rows, 0);
  await writeModel(folder, "raw/accounts.ts", ingestModel());
  await writeModel(folder, "staging/accounts.sql", `-- @kind: table\n${STAGING_SQL}\n`);
  await writeModel(folder, "sync/accounts.ts", acknowledgingModel("staging.accounts"));
  return { folder, csv };
}

/** Reads the CSV file, every row as it is. */
export function ingestModel(...directives: readonly string[]): string {
  return `// @kind: table
// @allow_read: accounts.csv
${directives.map((directive) => `// ${directive}\n`).join("")}
import { files, save } from "spoor";

for await (const file of files("accounts.csv")) {
  await save.rows(file.csv());
}
`;
}

/**
 * Records every row as accepted, without a request: the state after a first sync, but quick.
 *
 * @param columns What it selects.
 */
export function acknowledgingModel(
  source: string,
  columns: readonly string[] = ACCOUNT_COLUMNS,
): string {
  return `// @kind: tracked
// @unique_key: account_id
import { query } from "spoor";

await query(\`SELECT ${columns.join(", ")} FROM ${source}\`).batches(5000, () => {});
`;
}

/** Sends one request a row, so many at once. Its query is that of the acknowledging model. */
export function sendingModel(source: string, host: string, concurrency = 64): string {
  return `${sendingHeader(host, concurrency)}
const rows = query(\`SELECT ${ACCOUNT_COLUMNS.join(", ")} FROM ${source}\`);

await rows.each(async (row) => {
  await http.post("http://${host}/accounts", { json: row });
});
`;
}

/** Sends one request for so many rows. */
export function batchingModel(
  source: string,
  host: string,
  { size, concurrency, columns = ACCOUNT_COLUMNS }: {
    size: number;
    concurrency: number;
    columns?: readonly string[];
  },
): string {
  return `${sendingHeader(host, concurrency)}
const rows = query(\`SELECT ${columns.join(", ")} FROM ${source}\`);

await rows.batches(${size}, async (groups) => {
  await http.post("http://${host}/accounts", { json: groups.flatMap((group) => group.rows) });
});
`;
}

function sendingHeader(host: string, concurrency: number): string {
  return `// @kind: tracked
// @unique_key: account_id
// @allow_net: ${host}
// @concurrency: ${concurrency}
import { http, query } from "spoor";
`;
}

/** Writes one model's file. */
export async function writeModel(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, "models", path);
  await Deno.mkdir(join(file, ".."), { recursive: true });
  await Deno.writeTextFile(file, text);
}

/**
 * The accounts that the large figures move: eight columns, any number of rows, the same each time.
 *
 * A generation above 0 changes one row in a hundred.
 *
 * @module
 */

/** The CSV file's header, and the columns of every table of accounts. */
export const ACCOUNT_COLUMNS = [
  "account_id",
  "email",
  "name",
  "plan",
  "country",
  "seats",
  "balance",
  "updated_at",
] as const;

const PLANS = ["free", "starter", "business", "enterprise"];
const COUNTRIES = ["DE", "SE", "MX", "UK", "BR", "JP", "US"];
const ROWS_PER_WRITE = 20_000;

/** Writes the CSV file. */
export async function writeAccounts(
  path: string,
  rows: number,
  generation: number,
): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  await writer.write(encoder.encode(ACCOUNT_COLUMNS.join(",") + "\n"));
  for (let first = 1; first <= rows; first += ROWS_PER_WRITE) {
    let text = "";
    const last = Math.min(rows, first + ROWS_PER_WRITE - 1);
    for (let id = first; id <= last; id++) text += accountLine(id, generation);
    await writer.write(encoder.encode(text));
  }
  await writer.close();
}

/** One row in ten has a quoted name with a comma, as real exports do. */
function accountLine(id: number, generation: number): string {
  const name = id % 10 === 0 ? `"Account, No. ${id % 9973}"` : `Account ${id % 9973}`;
  const seats = 1 + id % 250 + (id % 100 === 0 ? generation : 0);
  const balance = (id * 37 % 1_000_003) / 100;
  const day = String(1 + id % 28).padStart(2, "0");
  return `${id},user${id}@example.com,${name},${PLANS[id % 4]},${COUNTRIES[id % 7]},` +
    `${seats},${balance},2026-10-${day}T08:30:00Z\n`;
}

/** How many rows a new generation changes. */
export function changedAccounts(rows: number): number {
  return Math.floor(rows / 100);
}

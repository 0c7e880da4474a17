import { query, save } from "spoor";

const names = new Map<unknown, unknown>();
for (const row of await query("SELECT n, name FROM raw.names")) names.set(row.n, row.name);
const limit = 3;
for await (const row of query`SELECT word, n FROM raw.words WHERE n < ${limit} ORDER BY n`) {
  await save.row({ word: row.word, name: names.get(row.n) ?? null, tags: ["a", row.n] });
}

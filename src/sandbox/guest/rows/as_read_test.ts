import assert from "node:assert/strict";
import type { AcknowledgedGroup } from "~/sandbox/protocol.ts";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const ROWS = [
  { id: 1, name: "Ada", note: null, bytes: new Uint8Array([1, 2]) },
  { id: 2, name: "Grace", note: "x", bytes: null },
  { id: 3, name: "Edsger", note: "", bytes: null },
];
const HOST: TestHost = { kind: "tracked", uniqueKey: ["id"], rows: ROWS };
const QUERY = `query("SELECT id, name, note, bytes FROM a.b")`;

/** Of each group what was sent back: nothing, or its rows. */
async function sentBack(body: string, host: TestHost = HOST) {
  const run = await runGuest(
    `import { changes, query, reject, save } from "spoor";\n${body}`,
    host,
  );
  assert.equal(run.error, undefined);
  const groups = run.messages.flatMap((message) =>
    message.type === "acknowledge" ? message.groups as AcknowledgedGroup[] : []
  );
  assert.equal(groups.length, ROWS.length);
  return groups.sort((a, b) => a.group - b.group).map(({ block }) => block && block.values);
}

Deno.test("rows that are saved as they were read do not travel back", async () => {
  // The first row holds bytes, which a model could change in their place.
  const expected = [[1, "Ada", null, new Uint8Array([1, 2])], null, null];
  for (
    const body of [
      `await ${QUERY}.each(() => {});`,
      `await ${QUERY}.each((row) => row);`,
      `await ${QUERY}.each((row) => ({ ...row }));`,
      `await ${QUERY}.batches(2, () => {});`,
      `await ${QUERY}.batches(2, (groups) => groups.flatMap((group) => group.rows));`,
      `await ${QUERY}.batches(2, (groups) => ({ accepted: groups.map((group) => group.key) }));`,
      `for await (const row of ${QUERY}) await save.row(row);`,
      `await save.rows(await ${QUERY});`,
      `await changes("SELECT id, name, note, bytes FROM a.b").each((change) => change.save());`,
    ]
  ) assert.deepEqual(await sentBack(body), expected, body);
});

Deno.test("a row that differs from what was read in anything travels back", async () => {
  const changed = async (change: string) =>
    (await sentBack(`await ${QUERY}.each((row) => {
      if (row.id === 2) { ${change} }
    });`))[1];
  assert.deepEqual(await changed(`row.name = "grace";`), [2, "grace", "x", null]);
  assert.deepEqual(await changed(`row.sent = 1;`), [2, "Grace", "x", null, 1]);
  assert.deepEqual(await changed(`delete row.note;`), [2, "Grace", null]);
  assert.deepEqual(await changed(`row.note = null;`), [2, "Grace", null, null]);
  assert.deepEqual(await changed(`delete row.note; row.other = "x";`), [2, "Grace", null, "x"]);
  assert.deepEqual(
    await changed(`delete row.name; Object.defineProperty(row, "name", { value: "Grace" });`),
    [2, "x", null],
    "what is not enumerable is not saved",
  );
  assert.deepEqual(
    await changed(`row.note = Object.create({ toString: () => "x" });`),
    [2, "Grace", "{}", null],
  );
  const fresh = await sentBack(`await ${QUERY}.each((row) => ({ name: row.name }));`);
  assert.deepEqual(fresh[2], [3, "Edsger"], "fewer columns");
});

Deno.test("bytes that a model changes in their place are saved as they are then", async () => {
  const [first] = await sentBack(
    `await ${QUERY}.each((row) => { if (row.bytes) row.bytes[0] = 9; });`,
  );
  assert.deepEqual(first, [1, "Ada", null, new Uint8Array([9, 2])]);
});

Deno.test("a group of several rows stays only where all of them are as they were read", async () => {
  const rows = [{ id: 1, line: 1 }, { id: 1, line: 2 }, { id: 2, line: 1 }, { id: 3, line: 1 }];
  const host = { ...HOST, rows };
  const read = `query("SELECT id, line FROM a.b")`;
  const back = (body: string) => sentBack(`await ${read}.each(${body});`, host);
  assert.deepEqual(await back("(row, group) => group.rows"), [null, null, null]);
  assert.deepEqual(await back("(row, _group) => row"), [[1, 1], null, null]);
  assert.deepEqual(await back("(row, group) => [...group.rows, row]"), [
    [1, 1, 1, 2, 1, 1],
    [2, 1, 2, 1],
    [3, 1, 3, 1],
  ]);
  assert.deepEqual(await back("(row, group) => { group.rows.at(-1).line = 7; }"), [
    [1, 1, 1, 7],
    [2, 7],
    [3, 7],
  ]);
});

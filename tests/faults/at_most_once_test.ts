/**
 * `@delivery: at_most_once`: what may have arrived is not sent again, neither by a retry nor by a later run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { run } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";
import { answer, hint } from "./answers.ts";
import { rawServer, type Script } from "./raw_server.ts";

interface Case {
  name: string;
  script: Script;
  /** In the first run, with `@retries: 2`. */
  requests: number;
  end: "accepted" | "failed" | "unknown";
}

const CASES: readonly Case[] = [
  { name: "no answer", script: [], requests: 1, end: "unknown" },
  { name: "never an answer", script: ["hang"], requests: 1, end: "unknown" },
  { name: "half a head", script: ["HTTP/1.1 200 OK\r\nConte"], requests: 1, end: "unknown" },
  { name: "a hint, and no answer", script: hint(103), requests: 1, end: "unknown" },
  {
    name: "a hint, and a yes",
    script: [...hint(103), ...answer(201, [], "json")],
    requests: 1,
    end: "accepted",
  },
  { name: "half a yes", script: answer(200, [], "truncated"), requests: 1, end: "unknown" },
  { name: "a yes that stalls", script: answer(201, [], "stalled"), requests: 1, end: "unknown" },
  { name: "a yes", script: answer(201, [], "json"), requests: 1, end: "accepted" },
  { name: "half a no", script: answer(422, [], "truncated"), requests: 1, end: "failed" },
  { name: "a no", script: answer(400, [], "json"), requests: 1, end: "failed" },
  // Answers that do not say whether anything was done.
  {
    name: "another place",
    script: answer(301, ["Location: /"], "json"),
    requests: 1,
    end: "unknown",
  },
  { name: "no place", script: answer(308, [], "empty"), requests: 1, end: "unknown" },
  { name: "another protocol", script: hint(101), requests: 1, end: "unknown" },
  {
    name: "see there",
    script: answer(303, ["Location: /there"], "html"),
    requests: 1,
    end: "unknown",
  },
  { name: "a fault", script: answer(500, [], "json"), requests: 1, end: "unknown" },
  { name: "a gateway's fault", script: answer(502, [], "html"), requests: 1, end: "unknown" },
  { name: "a gateway's time", script: answer(504, [], "empty"), requests: 1, end: "unknown" },
  // Answers that say that nothing was done.
  { name: "too many", script: answer(429, ["Retry-After: 0"], "json"), requests: 3, end: "failed" },
  { name: "down", script: answer(503, ["Retry-After: 0"], "json"), requests: 3, end: "failed" },
];

Deno.test("at most once: what may have arrived is sent again by no retry and no later run", async () => {
  await using server = rawServer(({ path }) => CASES[Number(path.slice(1))]?.script ?? []);
  await using project = await tempProject({
    "models/raw/cells.sql": `
      SELECT value AS id, 'a' AS name FROM json_each('${JSON.stringify([...CASES.keys()])}')
    `,
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${server.host}
      // @delivery: at_most_once
      // @retries: 2
      // @timeout: 2s
      // @concurrency: 8
      import { http, query } from "spoor";
      await query("SELECT id, name FROM raw.cells ORDER BY id").each(async (row) => {
        await http.post("${server.origin}/" + row.id, { json: row });
      });
    `,
  });
  const requests = () =>
    CASES.map((_, id) => server.requests.filter(({ path }) => path === `/${id}`).length);

  const first = await run(project);

  assert.deepEqual(
    CASES.map(({ name }, id) => [name, requests()[id], endOf(project, id)]),
    CASES.map(({ name, requests, end }) => [name, requests, end]),
  );
  const unknown = CASES.filter(({ end }) => end === "unknown").length;
  assert.equal(first.sync.delivery?.unknown, unknown);

  server.requests = [];
  server.respond = () => answer(200, [], "json");
  const sql = await project.read("models/raw/cells.sql");
  await project.write("models/raw/cells.sql", sql.replace("'a'", "iif(value < 2, 'b', 'a')"));
  const second = await run(project);

  assert.deepEqual(
    CASES.filter((_, id) => requests()[id] === 1).map(({ name }) => name),
    CASES.filter(({ end }) => end === "failed").map(({ name }) => name),
    "changed or not: what may have arrived waits for a person",
  );
  assert.equal(second.sync.delivery?.held_back, unknown);
});

function endOf(
  project: { rows(sql: string): Record<string, unknown>[] },
  id: number,
): unknown {
  const [entry] = project.rows(`SELECT state FROM "spoor.ledger" WHERE group_key = '[${id}]'`);
  const [row] = project.rows(`SELECT 1 FROM "sync.people" WHERE id = ${id}`);
  return entry ? entry.state : row && "accepted";
}

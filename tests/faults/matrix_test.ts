/**
 * The fault matrix: every class of status, with every kind of body, good or broken, to single rows and to
 * batches. Each cell is a group (or the two of a batch) whose requests name it in their path; the far side
 * writes the answer byte by byte. Then the far side is well again, and what was not accepted must come, and
 * nothing else.
 *
 * What the far side answers with "not now" slows its model down, so these have models of their own.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ModelFinished, RunEvent } from "~/run/run_event.ts";
import { type ProjectFiles, type TempProject, tempProject } from "../support/temp_project.ts";
import { answer, hint } from "./answers.ts";
import {
  type Cell,
  CELLS,
  codeOf,
  expectedEnd,
  expectedRequests,
  type GroupEnd,
  isNotNow,
  landingOf,
  type Mode,
  REJECTED,
  restOf,
} from "./cells.ts";
import { type RawRequest, type RawServer, rawServer, type Script } from "./raw_server.ts";

const WAIT_S = 1;

Deno.test("fault matrix: what becomes of every group, and how often it is asked for", async () => {
  await using server = rawServer(respond);
  await using project = await tempProject(filesOf(server));

  const first = await runAll(project);

  assert.equal(first.code, 1);
  const cells = [...new Set(CELLS.map(nameOf))];
  assert.deepEqual(endsOf(project, cells), expectedEnds());
  assert.deepEqual(requestsByCell(server.requests, cells), expectedCounts());
  assertWaits(server.requests);
  assertSums(first.models, project);

  const before = server.requests;
  server.requests = [];
  server.respond = () => answer(200, [], "json");
  const second = await runAll(project);

  assert.equal(second.code, 0, second.output);
  const again = new Set(CELLS.filter(comesAgain).map(nameOf));
  assert.deepEqual(
    Object.keys(requestsByCell(server.requests, [])).toSorted(),
    [...again].toSorted(),
    "what was accepted or rejected is not sent again, all else is",
  );
  assertSameKeys(before, server.requests);
});

/** A cell's place in a request's path. */
function nameOf({ mode, status, body }: Cell): string {
  return `${mode}/${status}/${body}`;
}

function comesAgain(cell: Cell): boolean {
  return ["failed", "unknown"].includes(expectedEnd(cell));
}

function respond({ path }: RawRequest): Script {
  const [, mode, status = "", body] = /([a-z]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const cell = { mode, status, body } as Cell;
  if (path.startsWith("/landed/")) {
    const { code, body } = landingOf(cell.status);
    return answer(code, [], body);
  }
  const code = codeOf(cell.status);
  if (code >= 200) return answer(code, headersOf(cell), cell.body);
  const rest = restOf(cell.status);
  return [...hint(code), ...rest === undefined ? [] : answer(Number(rest), [], cell.body)];
}

function headersOf(cell: Cell): string[] {
  const { status } = cell;
  const isRedirect = codeOf(status) >= 300 && codeOf(status) < 400;
  if (isRedirect && restOf(status) !== "nowhere") return [`Location: /landed/${nameOf(cell)}`];
  if (status.endsWith("-seconds")) return [`Retry-After: ${WAIT_S}`];
  if (!status.endsWith("-date")) return [];
  // A date has no fractions: so many seconds from now are at least one less.
  return [`Retry-After: ${new Date(Date.now() + (WAIT_S + 1) * 1_000).toUTCString()}`];
}

// ── the project ─────────────────────────────────────────────────────────────────────────────────

/** The model that a cell belongs to. */
function modelOf({ mode, status, body }: Cell): string {
  if (body === "stalled") return `stalled_${mode}`;
  return isNotNow(status) ? `${mode}_${status.replace("-", "_")}` : mode;
}

const MODELS = Map.groupBy(CELLS, modelOf);

function filesOf(server: RawServer): ProjectFiles {
  let id = 0;
  const rows = CELLS.flatMap((cell) => {
    const row = () => [++id, modelOf(cell), nameOf(cell)];
    return cell.mode === "batch" ? [row(), row()] : [row()];
  });
  const models = [...MODELS].map(([model, [cell]]) =>
    [`models/sync/${model}.ts`, cell ? textOf(model, cell.mode, server) : ""] as const
  );
  return {
    "models/raw/cells.sql": `
      SELECT value ->> 0 AS id, value ->> 1 AS model, value ->> 2 AS cell
      FROM json_each('${JSON.stringify(rows)}')
    `,
    ...Object.fromEntries(models),
  };
}

const SENDING: Readonly<Record<Mode, string>> = {
  each: `await rows.each(async (row) => {
    await http.post(ORIGIN + row.cell, { json: row });
  });`,
  read: `await rows.each(async (row) => {
    const answer = await http.post(ORIGIN + row.cell, { json: row });
    return { ...row, remote_id: answer.json.id };
  });`,
  judge: `await rows.each(async (row) => {
    const answer = await http.post(ORIGIN + row.cell, { json: row, throwOnError: false });
    if (${JSON.stringify(REJECTED)}.includes(answer.status)) await reject(row, "never");
    else if (!answer.ok) throw new Error("answered " + answer.status);
  });`,
  batch: `await rows.batches(2, async (groups) => {
    const [{ cell }, { cell: other } = { cell }] = groups.flatMap((group) => group.rows);
    if (cell !== other) throw new Error("two cells in one batch: " + cell + ", " + other);
    await http.post(ORIGIN + cell, { json: groups.flatMap((group) => group.rows) });
  });`,
};

function textOf(model: string, mode: Mode, server: RawServer): string {
  return `// @kind: tracked
// @unique_key: id
// @allow_net: ${server.host}
// @retries: 1
// @timeout: ${model.startsWith("stalled") ? "1500ms" : "20s"}
// @concurrency: 12
import { http, query, reject } from "spoor";
const ORIGIN = "${server.origin}/";
const rows = query("SELECT id, cell FROM raw.cells WHERE model = '${model}' ORDER BY id");
${SENDING[mode]}
`;
}

async function runAll(project: TempProject) {
  const ran = await project.run("run --json --jobs 6", { timeoutMs: 150_000 });
  const models = ran.stdout.split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as RunEvent)
    .filter((event) => event.type === "model_finished" && event.model.startsWith("sync."));
  return { ...ran, models: models as ModelFinished[] };
}

// ── what became of it ───────────────────────────────────────────────────────────────────────────

type Ends = Record<string, GroupEnd | string>;

function expectedEnds(): Ends {
  return Object.fromEntries(CELLS.map((cell) => [nameOf(cell), expectedEnd(cell)]));
}

function expectedCounts(): Record<string, number> {
  return Object.fromEntries(CELLS.map((cell) => [nameOf(cell), expectedRequests(cell)]));
}

/** By the state file: what is accepted is in the target, all else in the ledger. */
function endsOf(project: TempProject, cells: readonly string[]): Ends {
  const tables = project.rows(`SELECT name FROM sqlite_schema WHERE name LIKE 'sync.%'`);
  const ids = new Map(project.rows("raw.cells").map(({ id, cell }) => [Number(id), String(cell)]));
  const ends = new Map<string, Set<string>>(cells.map((cell) => [cell, new Set()]));
  const note = (id: unknown, end: unknown) => ends.get(ids.get(Number(id)) ?? "")?.add(String(end));
  for (const { name } of tables) {
    for (const { id } of project.rows(`SELECT id FROM "${name}"`)) note(id, "accepted");
  }
  for (const { group_key: key, state } of project.rows("spoor.ledger")) {
    note((JSON.parse(String(key)) as number[])[0], state);
  }
  return Object.fromEntries([...ends].map(([cell, all]) => [cell, [...all].join(" and ")]));
}

function requestsByCell(
  requests: readonly RawRequest[],
  cells: readonly string[],
): Record<string, number> {
  const counts = Object.fromEntries(cells.map((cell) => [cell, 0]));
  for (const { path } of requests) {
    const cell = path.replace(/^\/(landed\/)?/, "");
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

/** `Retry-After` was obeyed, in both of its forms. */
function assertWaits(requests: readonly RawRequest[]): void {
  for (const [path, tries] of Map.groupBy(requests, ({ path }) => path)) {
    if (!/-(seconds|date)\//.test(path)) continue;
    const waitedMs = (tries[1]?.atMs ?? 0) - (tries[0]?.atMs ?? 0);
    assert.ok(waitedMs > WAIT_S * 1_000 - 50, `${path}: waited ${waitedMs} ms`);
  }
}

/** What a run tells of a model is what the state file holds of it. */
function assertSums(models: readonly ModelFinished[], project: TempProject): void {
  assert.equal(models.length, MODELS.size);
  for (const { model, delivery, status } of models) {
    const cells = MODELS.get(model.replace("sync.", "")) ?? [];
    const count = (end: GroupEnd) =>
      cells.filter((cell) => expectedEnd(cell) === end)
        .reduce((sum, { mode }) => sum + (mode === "batch" ? 2 : 1), 0);
    assert.deepEqual(
      [delivery?.saved, delivery?.failed, delivery?.unknown, delivery?.rejected, delivery?.left],
      [count("accepted"), count("failed"), count("unknown"), count("rejected"), 0],
      model,
    );
    const isWell = count("failed") + count("unknown") + count("rejected") === 0;
    assert.equal(status === "ok", isWell, model);
    const kept = project.rows(`SELECT count(*) AS n FROM "spoor.ledger" WHERE model = '${model}'`);
    assert.equal(kept[0]?.n, count("failed") + count("unknown") + count("rejected"), model);
  }
  assert.deepEqual(project.rows("spoor.open_requests"), [], "what has ended is out no more");
}

/** A row that may have arrived comes again under the key that it had. */
function assertSameKeys(before: readonly RawRequest[], after: readonly RawRequest[]): void {
  const keysOf = (requests: readonly RawRequest[]) =>
    new Map(requests.filter(({ method }) => method === "POST").map(({ path, key }) => [path, key]));
  const first = keysOf(before);
  const second = keysOf(after);
  const unknown = CELLS.filter((cell) => expectedEnd(cell) === "unknown").map(nameOf);
  assert.ok(unknown.length > 20);
  for (const cell of unknown) {
    assert.ok(first.get(`/${cell}`));
    assert.equal(second.get(`/${cell}`), first.get(`/${cell}`), cell);
  }
}

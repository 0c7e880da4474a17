/**
 * Graves of the field: rows that wait to be sent, and were lost, forgotten, dropped or sent too late.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Answer, fakeApi } from "../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { acceptedIds, distinct, idsIn, runAgain, setPeople, upTo, waitingIds } from "./people.ts";

const DAY_MS = 24 * 60 * 60_000;

Deno.test("grave: rows that were refused are not passed by, nor is a late row with the same timestamp", async () => {
  const stamped = "'Ada' AS name, '2026-10-01T08:30:0' || min(id, 9) || 'Z' AS updated_at";
  await using api = await fakeApi(({ path }): Answer => ({
    status: path.endsWith("/3") ? 500 : 200,
  }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["retries: 0"] });
  await setPeople(people, 9, stamped);
  await people.run();
  assert.deepEqual(waitingIds(people), { failed: [3] });

  // 3 was refused, and later rows were accepted; 10 has the newest timestamp, 0 the oldest of all.
  api.answer(() => ({ json: {} }));
  await setPeople(people, 10, stamped);
  const text = await people.project.read("models/raw/people.sql");
  await people.project.write(
    "models/raw/people.sql",
    `${text} UNION ALL SELECT 0, 'Late', '2026-10-01T08:30:01Z'`,
  );
  const run = await runAgain(people, api);

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(distinct(idsIn(api.requests)), [0, 3, 10]);
  assert.deepEqual(acceptedIds(people), [0, ...upTo(10)]);
});

Deno.test("grave: of 3,000 rows that failed none is dropped", async () => {
  const count = 3_000;
  await using api = await fakeApi(() => ({ status: 500, json: { error: "not today" } }));
  // Fewer requests than those by which a far side counts as down.
  const code = `await query("SELECT * FROM raw.people").batches(250, async (groups) => {
    await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
  });`;
  await using people = await syncProject(api, code, { directives: ["retries: 0"] });
  await setPeople(people, count);
  await people.run();
  assert.deepEqual(waitingIds(people), { failed: upTo(count) });

  api.answer(() => ({ json: {} }));
  const run = await runAgain(people, api);

  assert.equal(run.code, 0);
  assert.deepEqual(idsIn(api.requests).toSorted((a, b) => a - b), upTo(count), "each once");
  assert.deepEqual(acceptedIds(people), upTo(count));
});

for (
  const [fault, answer] of Object.entries<Answer>({
    refused: { status: 400 },
    lost: { drop: true },
  })
) {
  Deno.test(`grave: an old value whose answer was ${fault} is never written over a newer one`, async () => {
    const farSide = new Map<number, string>();
    let isBad = true;
    await using api = await fakeApi(({ json }): Answer => {
      const { id, name } = json as { id: number; name: string };
      if (isBad) return answer;
      farSide.set(id, name);
      return { json: {} };
    });
    await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["retries: 0"] });
    await setPeople(people, 5, "'old' AS name");
    assert.equal((await people.run()).code, 1);

    isBad = false;
    await setPeople(people, 5, "'new' AS name");
    await runAgain(people, api);
    assert.deepEqual(bodiesOf(api.requests), ["new"]);
    for (const args of [["--full"], ["--resend", "sync.people"]]) await people.run(...args);

    assert.deepEqual(bodiesOf(api.requests), ["new"], "no later run sends the old value");
    assert.deepEqual([...farSide.values()], Array(5).fill("new"));
  });
}

function bodiesOf(requests: readonly { json: unknown }[]): string[] {
  return [...new Set(requests.map(({ json }) => (json as { name: string }).name))];
}

Deno.test("grave: one bad row does not make the other 599 be sent again", async () => {
  const count = 600;
  await using api = await fakeApi(({ path }) => ({ status: path.endsWith("/300") ? 422 : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 16"] });
  await setPeople(people, count);
  await people.run();
  assert.equal(acceptedIds(people).length, count - 1);

  for (let turn = 0; turn < 2; turn++) {
    await runAgain(people, api);
    assert.deepEqual(idsIn(api.requests), [300]);
  }
});

Deno.test("grave: what waits is not deleted by its age", async () => {
  const groups = { unknown: [2], failed: [3, 4], rejected: [5] };
  await using api = await fakeApi(({ path }): Answer => {
    const id = Number(path.split("/").at(-1));
    if (groups.unknown.includes(id)) return { drop: true };
    return { status: id === 5 ? 410 : id > 2 ? 400 : 200 };
  });
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const answer = await http.post(ORIGIN + "/people/" + row.id, { json: row, throwOnError: false });
      if (answer.status === 410) await reject(row, "gone");
      else if (!answer.ok) throw new Error("answered " + answer.status);
    });`,
    { directives: ["retries: 0"] },
  );
  await setPeople(people, 5);
  await people.run();
  assert.deepEqual(waitingIds(people), groups);

  const moved = moveClocks(people.project.path(".spoor/spoor.db"), -30 * DAY_MS);
  assert.ok(moved >= 10, `${moved} values are a time`);
  // Runs in between, as a schedule has them: one with something to do, one with nothing new.
  await setPeople(people, 6);
  api.answer(({ path }) => ({ status: path.endsWith("/6") ? 200 : 400 }));
  await people.run();
  moveClocks(people.project.path(".spoor/spoor.db"), -365 * DAY_MS);
  await people.run();
  assert.deepEqual(waitingIds(people), { failed: [2, 3, 4], rejected: [5] });

  api.answer(() => ({ json: {} }));
  await runAgain(people, api);
  assert.deepEqual(distinct(idsIn(api.requests)), [2, 3, 4]);
  assert.deepEqual(waitingIds(people), { rejected: [5] });
});

Deno.test("a clock that jumps back between two runs changes nothing of what is sent", async () => {
  let status = 400;
  await using api = await fakeApi(({ path }) => ({ status: path.endsWith("/2") ? status : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["retries: 0", "rate_limit: 3/1s"],
  });
  await people.project.write("models/mart/sent.sql", "SELECT id, name FROM sync.people");
  await setPeople(people, 3);
  await people.run();

  // As if the first run had been on a clock that was ten years ahead.
  moveClocks(people.project.path(".spoor/spoor.db"), 3_650 * DAY_MS);
  // Were requests of the future counted, this run would not end in the time that it is given.
  const second = await runAgain(people, api);
  assert.deepEqual(idsIn(api.requests), [2]);
  assert.equal(second.sync.delivery?.failed, 1);

  status = 200;
  await setPeople(people, 3, "iif(id = 3, 'Grace', 'Ada') AS name");
  const third = await runAgain(people, api);
  assert.equal(third.code, 0, third.output);
  assert.deepEqual(distinct(idsIn(api.requests)), [2, 3]);
  assert.equal(people.project.rows("mart.sent").length, 3);

  const fourth = await runAgain(people, api);
  assert.equal(fourth.sync.status, "skipped");
  assert.equal(api.requests.length, 0);
  const history = await people.project.run("history");
  assert.equal(history.code, 0, history.output);
  assert.deepEqual(
    people.project.rows('SELECT status FROM "spoor.runs" ORDER BY id').map((row) => row.status),
    ["failed", "failed", "ok", "ok"],
  );
});

/**
 * Moves every time that the state file holds, and the one of the mark beside it.
 *
 * @returns How many values were moved.
 */
function moveClocks(stateFile: string, byMs: number): number {
  using state = new DatabaseSync(stateFile);
  const tables = state.prepare(
    `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND t.name GLOB 'spoor.*' AND NOT t.name GLOB 'spoor.accepted.*'`,
  ).all() as { table: string; column: string }[];
  let moved = 0;
  for (const { table, column } of tables) {
    const seconds = byMs / 1_000;
    const text = `"${column}" GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z'`;
    const format = "'%Y-%m-%dT%H:%M:%fZ'";
    moved += Number(
      state.prepare(
        `UPDATE "${table}" SET "${column}" = strftime(${format}, "${column}", '${seconds} seconds')
        WHERE ${text}`,
      ).run().changes,
    );
    if (!column.endsWith("_ms") || column === "elapsed_ms") continue;
    moved += Number(
      state.prepare(`UPDATE "${table}" SET "${column}" = "${column}" + ${byMs}`).run().changes,
    );
  }
  moveMark(stateFile.replace(/\.db$/, ".sent"), byMs);
  return moved;
}

function moveMark(mark: string, byMs: number): void {
  const text = Deno.readTextFileSync(mark);
  const moved = text.replace(/\d{4}-\d\d-\d\dT\S+Z/g, (time) => {
    return new Date(Date.parse(time) + byMs).toISOString();
  });
  assert.notEqual(moved, text);
  Deno.writeTextFileSync(mark, moved);
}

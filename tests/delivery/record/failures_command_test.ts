/**
 * `spoor failures`: what is not accepted, by its error.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  syncProject,
} from "../../support/sync_project.ts";

Deno.test("failures lists errors with counts and examples, folded, and ends with 0", async () => {
  await using api = await fakeApi(({ path }) => {
    const id = Number(path.split("/").at(-1));
    return { status: id <= 5 ? 422 : id === 6 ? 400 : 200 };
  });
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 2"] });
  await people.setRows(COLUMNS, rowsOf(8));
  await people.run();

  const first = await people.project.run("failures");
  assert.equal(first.code, 0, first.output);
  assert.match(first.stdout, /sync\.people {2}6 groups not accepted/);
  assert.match(first.stdout, /failed +5 groups {2}POST http:\S+\/people\/\{id\} answered 422/);
  assert.match(first.stdout, /id = 1; id = 2; id = 3; … 2 more/);
  assert.match(first.stdout, /failed +1 group {2}POST .* answered 400/);
  assert.match(first.stdout, /spoor run +tries 6 failed groups again/);

  await people.run();
  const cut = await people.project.run("failures sync.people --limit 1");
  assert.match(cut.stdout, /parked +5 groups/);
  assert.match(cut.stdout, /… 1 more error of 1 group \(--all shows them\)/);
  assert.match(cut.stdout, /spoor retry sync\.people/);
  assert.match((await people.project.run("failures --all")).stdout, /id = 4; id = 5/);
  assert.equal((await readLines(people.project, "failures")).length, 2);
  assert.equal((await readLines(people.project, "failures", "-n", "1")).length, 1);
  assert.equal((await people.project.run("failures --json -n 0")).code, 2);
  assert.equal((await people.run()).code, 0, "what is parked fails no run");
  assert.equal((await people.project.run("failures --exit-code")).code, 3);

  const [line] = await readLines(people.project, "failures", "sync.people");
  assert.deepEqual(
    [line?.type, line?.state, line?.parked, line?.groups, line?.attempts, line?.examples],
    ["failure", "failed", true, 5, 2, [{ id: 1 }, { id: 2 }, { id: 3 }]],
  );
});

Deno.test("failures tells since when groups were tried in vain with this content, and when they last were", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/1" ? 422 : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  await people.run();
  const starts = () =>
    people.project.rows(`SELECT started_at AS at FROM "spoor.runs" ORDER BY id`)
      .map(({ at }) => String(at));
  const second = starts().at(-1) ?? "";

  const [failure] = await readLines(people.project, "failures");
  assert.ok(String(failure?.since) < second, "since the first run");
  assert.ok(String(failure?.last_at) >= second);
  assert.deepEqual(Object.keys(failure ?? {}).filter((name) => /id/i.test(name)), []);

  const [why] = await readLines(people.project, "why", "sync.people", "1");
  assert.deepEqual([why?.since, why?.last_at], [failure?.since, failure?.last_at]);

  await people.setRows(COLUMNS, rowsOf(2, "Eve"));
  await people.run();
  const [anew] = await readLines(people.project, "failures");
  assert.ok(String(anew?.since) >= (starts().at(-1) ?? ""), "another content is another failure");
});

Deno.test("failures tells why a loop ended before it saved a group, and retry finds it by that", async () => {
  await using api = await fakeApi([{ status: 422 }, { json: {} }]);
  await using people = await syncProject(api, SEND_IN_LOOP);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();

  const { stdout } = await people.project.run("failures");
  assert.match(
    stdout,
    /ended before it saved this group: POST http:\S+\/people\/1 answered 422/,
  );
  const retried = await people.project.run(["retry", "sync.people", "--error", "answered 422"]);
  assert.equal(retried.code, 0, retried.output);
});

Deno.test("failures tells what was answered of a group that a model has left, and retry finds it by that", async () => {
  await using api = await fakeApi(({ path }) => ({
    status: ["/people/1", "/looked/3"].includes(path) ? 422 : 200,
  }));
  const lenient = `
    const answered = async (path) => (await http.post(ORIGIN + path, { throwOnError: false })).ok;
    for await (const row of query("SELECT * FROM raw.people")) {
      await answered("/looked/" + row.id);
      if (await answered("/people/" + row.id) && row.id !== 3) await save.row(row);
    }
  `;
  await using people = await syncProject(api, lenient);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();

  const { stdout } = await people.project.run("failures --all");
  const left = "The model ended before it saved this group";
  assert.ok(stdout.includes(`${left}: its last request answered 422\n`), stdout);
  assert.ok(stdout.includes(`${left}\n`), stdout);
  const retried = await people.project.run(["retry", "sync.people", "--error", "answered 422"]);
  assert.equal(retried.code, 0, retried.output);
  assert.match(retried.stdout, /the next run tries 1 group again/);

  await people.setSync(`${lenient}\nthrow new Error("on purpose");`);
  await people.run();
  assert.ok(
    (await people.project.run("failures --all")).stdout.includes(
      `${left}: on purpose; its last request answered 422\n`,
    ),
  );
});

Deno.test("failures shows a model that failed as a whole, and says where there is nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, `throw new Error("on purpose");`);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();

  const broken = await people.project.run("failures");
  assert.equal(broken.code, 0);
  assert.match(broken.stdout, /sync\.people {2}failed in run 1[^]*on purpose/);
  const [line] = await readLines(people.project, "failures");
  assert.deepEqual([line?.type, line?.model, line?.run_id], ["failed_model", "sync.people", 1]);

  await people.setSync(SEND_EACH_ROW);
  await people.run();
  assert.equal(
    (await people.project.run("failures sync.people")).stdout,
    "Nothing of sync.people is failed, rejected, parked or unknown.\n",
  );
  assert.deepEqual(await readLines(people.project, "failures"), []);
  assert.equal((await people.project.run("failures --exit-code")).code, 0);
  const unknown = await people.project.run("failures sync.peeple");
  assert.equal(unknown.code, 2);
  assert.match(unknown.output, /Did you mean "sync\.people"/);
});

/** A backup that is put back: what was sent since then is not known, and nothing is mistaken for it. */
import assert from "node:assert/strict";
import { type Answer, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { putBack } from "./state_file.ts";

Deno.test("after a backup was put back no change goes out under the key of another one", async () => {
  const known = new Map<string, string>();
  const held = new Map<string, string>();
  const replay = ({ path, key = "", json }: ReceivedRequest): Answer => {
    if (known.has(key)) return { json: {} };
    const { name } = json as { name: string };
    known.set(key, name);
    held.set(path, name);
    return { json: {} };
  };
  await using api = await fakeApi(replay);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(3));
  await people.run();
  await people.project.run("state backup .spoor/kept.db");
  await people.setRows(["id", "name"], rowsOf(5));
  await people.run();
  await putBack(people.project, ".spoor/kept.db");
  await people.setRows(["id", "name"], [["1", "'Eve'"], ...rowsOf(3).slice(1), ["6", "'Grace'"]]);

  api.clear();
  const refused = await people.project.run("run");
  assert.equal(refused.code, 1, refused.output);
  assert.match(
    refused.output,
    /is older than what was sent: it does not know all that run 2 of .* has recorded as sent/,
  );
  assert.match(refused.output, /delete \.spoor\/spoor\.sent to go on from this one/);
  assert.equal(api.requests.length, 0);
  const plan = await people.project.run("plan");
  assert.match(
    plan.stdout,
    /^The state file is older than what was sent: .* no run begins from it/,
  );
  assert.equal(plan.code, 1, "a run would be refused");
  assert.match(plan.output, /1 to create, 1 to update/);
  assert.match(
    plan.output,
    /does not know all that run 2 of .* has recorded as sent, and no run begins from it/,
  );

  for (const command of ["history", "why sync.people 1", "failures", "unknown"]) {
    const looked = await people.project.run(command);
    assert.equal(looked.code, 0, looked.output);
    assert.match(looked.stderr, /is older than what was sent: it does not know all that run 2 of /);
  }
  const checked = await people.project.run("state check");
  assert.equal(checked.code, 1);
  assert.match(checked.output, /older than what was sent: it does not know all that run 2 of /);

  await people.project.remove(".spoor/spoor.sent");
  const again = await people.project.run("state check");
  assert.equal(again.code, 0, again.output);
  const run = await people.run();

  assert.equal(run.sync.delivery?.saved, 2, run.output);
  assert.equal(held.get("/people/1"), "Eve", "an API that replays by key has taken it");
  assert.equal(held.get("/people/6"), "Grace");
});

Deno.test("after a backup was put back a content that was sent since then, or refused before, goes out under a key of its own", async () => {
  const known = new Set<string>();
  let held: unknown;
  let refuses = false;
  await using api = await fakeApi(({ key = "", json }) => {
    if (refuses) return { status: 400 };
    if (!known.has(key)) held = (json as { name: string }).name;
    known.add(key);
    return { json: {} };
  });
  await using people = await syncProject(
    api,
    `await changes("SELECT * FROM raw.people").each(async ({ rows: [row], idempotencyKey }) => {
      await http.put(ORIGIN + "/people/1", { json: { ...row, idempotencyKey } });
    });`,
  );
  const send = async (name: string) => {
    await people.setRows(["id", "name"], [["1", `'${name}'`]]);
    return await people.run();
  };
  const hold = async (name: string) => {
    const { code, output } = await send(name);
    assert.equal(code, 0, output);
    assert.equal(held, name);
  };
  await hold("Ada");
  refuses = true;
  assert.equal((await send("Bob")).code, 1);
  refuses = false;
  await people.project.run("state backup .spoor/kept.db");
  await hold("Bob");
  await hold("Eve");
  await putBack(people.project, ".spoor/kept.db");
  await people.project.remove(".spoor/spoor.sent");
  await people.setRows(["id", "name"], [["1", "'Bob'"]]);

  const plan = await people.project.run("plan -o plan.json");
  assert.equal(plan.code, 0, plan.output);
  const applied = await people.project.run("apply plan.json");

  assert.equal(applied.code, 0, applied.output);
  assert.equal(held, "Bob", "an API that replays by key has taken it");
  await hold("Eve");
  await hold("Ada");
});

Deno.test("a backup from after the last run that sent stands in for the file", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(3));
  await people.run();
  await people.project.run("state backup .spoor/kept.db");
  await people.run();
  await putBack(people.project, ".spoor/kept.db");
  api.clear();

  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.equal(api.requests.length, 0);
});

Deno.test("a backup that was made while a run sent does not know all that it sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(2));
  const arrived = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Answer>();
  api.answer(({ path }) => {
    if (!path.endsWith("/2")) return { json: {} };
    arrived.resolve();
    return answered.promise;
  });
  await using running = people.project.start("run");
  await arrived.promise;
  const backup = await people.project.run("state backup .spoor/kept.db");
  assert.equal(backup.code, 0, backup.output);
  answered.resolve({ json: {} });
  assert.equal((await running.result).code, 0);
  await putBack(people.project, ".spoor/kept.db");
  api.clear();

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(
    output,
    /is older than what was sent: it does not know all that run 1 of .* has recorded as sent/,
  );
  assert.equal(api.requests.length, 0);
});

Deno.test("a backup from before a run took over what a person settled does not know of that", async () => {
  await using api = await fakeApi((): Answer => ({ drop: true }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once", "retries: 0"],
  });
  await people.setRows(["id", "name"], rowsOf(1));
  await people.run();
  await people.project.run("state backup .spoor/kept.db");
  await people.project.run("unknown settle --sent sync.people 1");
  const taken = await people.run();
  assert.equal(taken.code, 0, taken.output);
  await putBack(people.project, ".spoor/kept.db");

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(
    output,
    /is older than what was sent: it does not know all that run 2 of .* has recorded as sent/,
  );
});

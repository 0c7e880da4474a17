/**
 * Budgets: what a person has to agree to before it is sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";

function rowsWith(ids: readonly number[], name = "x"): string[][] {
  return ids.map((id) => [String(id), `'${name}${id}'`]);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

Deno.test("more removals than @max_removed block the model, with figures and examples", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsWith(upTo(50)));
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, rowsWith(upTo(39), "new"));

  const blocked = await people.run();

  assert.equal(blocked.code, 1);
  assert.equal(api.requests.length, 0);
  const { error } = blocked.sync;
  assert.equal(
    error?.message,
    "Cannot send sync.people: 11 of 50 groups left its query, and @max_removed is 20%",
  );
  assert.deepEqual(error?.details?.slice(0, 2), ["id = 40", "id = 41"]);
  assert.equal(error?.details?.length, 11);
  assert.equal(error?.details?.at(-1), "… 1 more (spoor plan sync.people --all shows them)");
  assert.match((await people.project.run("plan sync.people --all")).output, /id = 50 /);
  assert.match(error?.hint ?? "", /Nothing was sent.*spoor run sync\.people --allow-removed/);
  assert.equal(people.project.rows("sync.people").length, 50);

  const allowed = await people.run("--allow-removed");

  assert.equal(allowed.code, 0);
  assert.equal(api.requests.length, 39);
  assert.equal(people.project.rows("sync.people").length, 39);
});

Deno.test("a query that gives nothing blocks always, and forgets nothing", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["max_removed: 100%"],
  });
  await people.setRows(COLUMNS, rowsWith([1, 2]));
  await people.run();
  api.clear();
  await people.setSync(SEND_EACH_ROW.replace("raw.people", "raw.people WHERE false"), [
    "max_removed: 100%",
  ]);

  const blocked = await people.run();

  assert.equal(blocked.code, 1);
  assert.match(
    blocked.sync.error?.message ?? "",
    /its query gives no rows, and 2 groups are accepted/,
  );
  assert.equal(people.project.rows("sync.people").length, 2);

  assert.equal((await people.run("--allow-removed")).code, 0);
  assert.equal(people.project.rows("sync.people").length, 0);
  assert.equal(api.requests.length, 0);
});

Deno.test("a model that catches the error of its budget fails all the same", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsWith([1, 2]));
  await people.run();
  await people.setSync(`try {
    await query("SELECT * FROM raw.people WHERE false").each(() => {});
  } catch { log.info("never mind"); }`);

  const blocked = await people.run();

  assert.equal(blocked.code, 1);
  assert.equal(people.project.rows("sync.people").length, 2);
});

Deno.test("max_changes holds from the second run on, in groups or in percent", async () => {
  for (const limit of ["5", "25%"]) {
    await using api = await fakeApi(() => ({ json: {} }));
    const directives = [`max_changes: ${limit}`];
    await using people = await syncProject(api, SEND_EACH_ROW, { directives });
    await people.setRows(COLUMNS, rowsWith(upTo(20)));
    assert.equal((await people.run()).code, 0);
    api.clear();
    await people.setRows(COLUMNS, rowsWith(upTo(20), "other"));

    const blocked = await people.run();

    assert.equal(blocked.code, 1, limit);
    assert.equal(api.requests.length, 0);
    assert.equal(
      blocked.sync.error?.message,
      `Cannot send sync.people: 20 groups are new or changed, 20 are accepted, and @max_changes is ${limit}`,
    );
    assert.equal((await people.run("--allow-changes")).code, 0);
    assert.equal(api.requests.length, 20);
  }
});

Deno.test("two budgets over are told together, and the command that is offered lets both through", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["max_changes: 20%"],
  });
  await people.setRows(COLUMNS, rowsWith(upTo(31)));
  await people.run();
  api.clear();
  // 15 are gone, 16 differ, 20 are new.
  await people.setRows(COLUMNS, [
    ...rowsWith(upTo(16), "new"),
    ...rowsWith(upTo(20).map((n) => 100 + n)),
  ]);
  const removed = "15 of 31 groups left its query, and @max_removed is 20%";
  const changed = "36 groups are new or changed, 31 are accepted, and @max_changes is 20%";
  const both = "spoor run sync.people --allow-removed --allow-changes";

  const { error } = (await people.run()).sync;
  assert.equal(error?.message, `Cannot send sync.people: ${removed}; ${changed}`);
  assert.equal(error?.hint, `Nothing was sent. If that is right: ${both}`);
  const lines = error?.details ?? [];
  assert.equal(lines.filter((line) => /^id = \d+ left the query$/.test(line)).length, 5);
  assert.equal(lines.filter((line) => /^id = \d+ is new or changed$/.test(line)).length, 5);
  assert.equal(lines.at(-1), "… 41 more (spoor plan sync.people --all shows them)");
  const why = (await people.project.run("why sync.people 1")).output;
  assert.ok(why.includes(both) && why.includes(removed) && why.includes(changed), why);

  // Who gives one of the two is told of the other, and keeps what was given.
  for (const [given, over] of [["--allow-removed", changed], ["--allow-changes", removed]]) {
    const { error } = (await people.run(given ?? "")).sync;
    assert.equal(error?.message, `Cannot send sync.people: ${over}`);
    assert.equal(error?.hint, `Nothing was sent. If that is right: ${both}`);
  }
  assert.equal(api.requests.length, 0);
  const resent = (await people.run("--resend", "sync.people")).sync;
  assert.equal(
    resent.error?.hint,
    "Nothing was sent. If that is right: " +
      "spoor run sync.people --resend sync.people --allow-removed",
  );

  const allowed = await people.project.run(both.replace("spoor ", ""));
  assert.equal(allowed.code, 0, allowed.output);
  assert.equal(api.requests.length, 36);
});

Deno.test("of what a run was let through and has left, only what is removed stops the next one", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  const directives = ["on_removed: deliver", "max_changes: 20%"];
  await using people = await syncProject(api, SEND_THREE.replace("3)", "50)"), { directives });
  await people.setRows(COLUMNS, rowsWith(upTo(40)));
  await people.run();
  await people.setSync(SEND_THREE);
  await people.setRows(COLUMNS, rowsWith(upTo(25), "new"));

  const { sync } = await people.run("--allow-removed", "--allow-changes");

  assert.deepEqual(sync.next_blocked, {
    why: "12 of 37 groups left its query, and @max_removed is 20%",
    command: "spoor run sync.people --allow-removed",
  });
  const next = await people.run();
  assert.equal(
    next.sync.error?.message,
    "Cannot send sync.people: 12 of 37 groups left its query, and @max_removed is 20%",
  );
});

Deno.test("defaults of spoor.yaml set the budgets of all models", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "spoor.yaml": "defaults:\n  concurrency: 1\n  max_changes: 1\n" },
  });
  await people.setRows(COLUMNS, rowsWith([1, 2]));
  await people.run();
  await people.setRows(COLUMNS, rowsWith([1, 2], "other"));

  const blocked = await people.run();
  assert.equal(blocked.code, 1);
  const { path, line } = blocked.sync.error?.at ?? {};
  assert.deepEqual([path, line], ["spoor.yaml", 3], "where it can be changed");

  // A model that sets it is told of its own line.
  await people.setSync(SEND_EACH_ROW, ["max_changes: 0"]);
  const { at } = (await people.run()).sync.error ?? {};
  assert.equal(at?.path, "models/sync/people.ts");
  const text = await Deno.readTextFile(people.project.path(at?.path ?? ""));
  assert.match(text.split("\n")[(at?.line ?? 0) - 1] ?? "", /@max_changes: 0/);
});

const SEND_THREE = `
  let sent = 0;
  for await (const change of changes("SELECT * FROM raw.people")) {
    if (sent++ === 3) break;
    await http.post(ORIGIN + "/" + change.action + "/" + change.key.id, { json: {} });
    await change.save();
  }
`;

Deno.test("a run that was let through and has left some says that the next one stops, and it does", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  const directives = ["on_removed: deliver"];
  await using people = await syncProject(api, SEND_THREE.replace("3)", "50)"), { directives });
  await people.setRows(COLUMNS, rowsWith(upTo(40)));
  await people.run();
  await people.setSync(SEND_THREE);
  await people.setRows(COLUMNS, rowsWith(upTo(10)));

  const { stdout } = await people.project.run(["run", "--allow-removed"]);

  assert.match(
    stdout,
    /27 groups of sync\.people wait to be sent; the next run stops at the budget \(27 of 37 groups left its query, and @max_removed is 20%\), unless: spoor run sync\.people --allow-removed\n/,
  );
  assert.doesNotMatch(stdout, /goes on with/);
  const next = await people.run();
  assert.match(next.sync.error?.message ?? "", /27 of 37 groups left its query/);
  // Once few are left, they need no word any more.
  await people.setSync(SEND_THREE.replace("3)", "20)"));
  const last = await people.run("--allow-removed");
  assert.deepEqual([last.sync.delivery?.left, last.sync.next_blocked], [7, undefined]);
  assert.equal((await people.run()).code, 0);
});

Deno.test("where what was let through was refused, nothing says that the next run tries it", async () => {
  await using api = await fakeApi(({ path }) =>
    path.startsWith("/remove") ? { status: 422 } : { json: {} }
  );
  await using people = await syncProject(
    api,
    `
      await changes("SELECT * FROM raw.people").each(async ({ action, key }) => {
        await http.post(ORIGIN + "/" + action + "/" + key.id, { json: {} });
      });
    `,
    { directives: ["on_removed: deliver"] },
  );
  await people.setRows(COLUMNS, rowsWith(upTo(25)));
  await people.run();
  await people.setRows(COLUMNS, rowsWith(upTo(10)));

  const { stdout } = await people.project.run(["run", "--allow-removed"]);

  const again = "spoor run sync.people --allow-removed";
  assert.match(
    stdout,
    /15 groups of sync\.people wait to be sent; the next run stops at the budget/,
  );
  assert.match(
    stdout,
    new RegExp(`They come again when the budget is let through once more: ${again}`),
  );
  assert.doesNotMatch(stdout, /the next run tries|with the next run/);
  await people.run();
  const { stdout: failures } = await people.project.run(["failures"]);
  assert.match(failures, new RegExp(`${again} +tries 15 failed groups again`));
});

Deno.test("that nothing is left of a query stops the next run, though some of what left it is held back", async () => {
  await using api = await fakeApi(({ path }) => ({
    status: path === "/remove/1" ? 422 : path.startsWith("/remove") ? 500 : 200,
  }));
  await using people = await syncProject(
    api,
    `
      await changes("SELECT * FROM raw.people").each(async ({ action, key, reject }) => {
        const options = { json: {}, throwOnError: false };
        const { status } = await http.post(ORIGIN + "/" + action + "/" + key.id, options);
        if (status === 422) await reject("refused");
        if (status === 500) throw new Error("not now");
      });
    `,
    { directives: ["on_removed: deliver", "retries: 0"] },
  );
  await people.setRows(COLUMNS, rowsWith(upTo(3)));
  await people.run();
  await people.setRows(COLUMNS, []);

  const { sync } = await people.run("--allow-removed");
  const next = await people.run();

  assert.match(sync.next_blocked?.why ?? "", /^its query gives no rows/);
  assert.equal(next.sync.error?.message, `Cannot send sync.people: ${sync.next_blocked?.why}`);
});

/**
 * `--adopt --held`, and what was tried before: what has failed, or is not known to have arrived.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";
import { adopt, pathsOf, SEND_CHANGES } from "./held_people.ts";

Deno.test("--held settles what is unknown or failed where it is the same there, and nothing else", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/3" ? { status: 500 } : { drop: true }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once", "retries: 0"],
    files: { "crm.csv": "id,name\n1,Ada\n3,Cy\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  assert.equal(people.project.rows("spoor.ledger").length, 3);
  api.answer(() => ({ json: {} }));
  api.clear();

  await people.run(...adopt("crm.csv"));

  const left = people.project.rows("spoor.ledger").map((
    { group_key, state },
  ) => [group_key, state]);
  assert.deepEqual(left, [["[2]", "unknown"]]);
  await people.run("--full");
  assert.equal(api.requests.length, 0, "at most once: a person says what became of 2");
  await people.project.run(["unknown", "settle", "--not-sent", "sync.people", "2"]);
  await people.run();
  assert.deepEqual(pathsOf(api), ["/people/2"]);
});

Deno.test("what --held says to differ goes out under another key than the try that may have arrived", async () => {
  // As far sides with keys do: a request whose key is known is answered, and changes nothing.
  const [names, keys] = [new Map<string, string | undefined>(), new Set<string | undefined>()];
  let isAnswered = false;
  await using api = await fakeApi(({ method, path, key, json }) => {
    const id = path.split("/")[2] ?? "";
    if (!keys.has(key)) {
      names.set(id, method === "PUT" ? (json as { name: string }).name : undefined);
    }
    keys.add(key);
    if (isAnswered) return { json: {} };
    return id === "5" ? { status: 500 } : { drop: true };
  });
  const code = `
    await changes("SELECT * FROM raw.people").each(async ({ action, key, rows }) => {
      if (action === "remove") await http.delete(ORIGIN + "/people/" + key.id);
      else await http.put(ORIGIN + "/people/" + key.id, { json: rows[0] });
    });
  `;
  await using people = await syncProject(api, code, {
    directives: ["on_removed: deliver", "retries: 0"],
    files: { "crm.csv": "id,name\n1,By hand\n3,Cy\n4,Di\n5,By hand\n" },
  });
  const rows = [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["5", "'Ed'"], ["4", "'Di'"]];
  await people.setRows(["id", "name"], rows);
  await people.run();
  assert.deepEqual([...names.values()].toSorted(), ["Ada", "Bo", "Cy", "Di", "Ed"]);
  // Meanwhile 4 leaves the query, and somebody changes 1 and 5 and deletes 2 at the far side.
  await people.setRows(["id", "name"], rows.slice(0, 4));
  names.set("1", "By hand").set("5", "By hand").delete("2");

  isAnswered = true;
  const adopted = await people.run(...adopt("crm.csv"));
  assert.equal(adopted.code, 0, adopted.output);
  api.clear();
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(pathsOf(api), ["/people/1", "/people/2", "/people/4", "/people/5"]);
  assert.deepEqual(Object.fromEntries(names), {
    1: "Ada",
    2: "Bo",
    3: "Cy",
    4: undefined,
    5: "Ed",
  });
});

Deno.test("what --held says counts more than what a person has settled before", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { drop: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once", "retries: 0"],
    files: { "crm.csv": "id,name\n1,By hand\n2,Bo\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.project.run(["unknown", "settle", "--sent", "sync.people", "1"]);
  await people.setRows(["id", "name"], [["1", "'Eve'"], ["2", "'Bo'"]]);
  const adopted = await people.run(...adopt("crm.csv"));
  assert.equal(adopted.sync.adopted?.differ, 1, adopted.output);
  // It is again what was settled; the far side has it no more.
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  api.answer(() => ({ json: {} }));
  api.clear();

  await people.run();

  assert.deepEqual(pathsOf(api), ["/people/1"]);
});

Deno.test("what --held does not have is not removed there, beside a group of which only a try is known", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/create/3" ? { drop: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver", "retries: 0"],
    files: { "crm.csv": "id,name\n1,Ada\n3,Cy\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  await people.setRows(["id", "name"], [["1", "'Ada'"]]);
  const { sync } = await people.run(...adopt("crm.csv"));
  assert.equal(sync.adopted?.to_remove, 1);
  api.clear();

  assert.equal((await people.run("--allow-removed")).code, 0);

  assert.deepEqual(pathsOf(api), ["/remove/3"]);
});

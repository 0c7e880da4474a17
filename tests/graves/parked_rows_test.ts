/**
 * Graves of the field: the dead-letter file. What no run sends by itself is kept whole however much it is, and
 * trying it again writes no old value over a newer one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { readLines } from "../support/read_lines.ts";
import { type SyncProject, syncProject } from "../support/sync_project.ts";
import { acceptedIds, idsIn, runAgain, setPeople, upTo, waitingIds } from "./people.ts";

interface Person {
  id: number;
  name: string;
}

/** How the far side's no is told to Spoor: for good, or as one more failure than is borne. */
const WAYS = {
  rejected: "rejected: answer.json.refused.map((id) => ({ key: id, reason: 'plan is unknown' })),",
  parked: "",
} as const;

type Way = keyof typeof WAYS;

const STATES = { rejected: "rejected", parked: "failed" } as const;

/** The far side says of each person of a batch whether it took them. */
async function refusingProject(api: FakeApi, way: Way): Promise<SyncProject> {
  const code = `await query("SELECT * FROM raw.people").batches(100, async (groups) => {
    const answer = await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
    return { accepted: answer.json.taken, ${WAYS[way]} };
  });`;
  return await syncProject(api, code, { directives: ["max_attempts: 1"] });
}

function takeNobody({ json }: ReceivedRequest) {
  return { json: { taken: [], refused: peopleIn(json).map(({ id }) => id) } };
}

function takeAll({ json }: ReceivedRequest) {
  return { json: { taken: peopleIn(json).map(({ id }) => id), refused: [] } };
}

function peopleIn(json: unknown): Person[] {
  return json as Person[];
}

for (const way of ["rejected", "parked"] as const) {
  Deno.test(`grave: of 3,000 ${way} groups none is dropped, and retry sends each once`, async () => {
    const count = 3_000;
    await using api = await fakeApi(takeNobody);
    await using people = await refusingProject(api, way);
    await setPeople(people, count);
    await people.run();
    assert.deepEqual(waitingIds(people), { [STATES[way]]: upTo(count) });

    // Runs in between, as a schedule has them, and one with something else to do.
    await setPeople(people, count + 1);
    api.answer(takeAll);
    const between = await runAgain(people, api);
    assert.deepEqual(idsIn(api.requests), [count + 1], "no run sends them by itself");
    assert.equal(between.sync.delivery?.parked, count);
    assert.deepEqual(waitingIds(people), { [STATES[way]]: upTo(count) });
    const [listed] = await readLines(people.project, "failures");
    assert.equal(listed?.groups, count);

    const retry = await people.project.run("retry sync.people");
    assert.match(retry.output, /tries 3,000 groups again/);
    const run = await runAgain(people, api);

    assert.equal(run.code, 0, run.output);
    assert.deepEqual(idsIn(api.requests).toSorted((a, b) => a - b), upTo(count), "each once");
    assert.deepEqual(acceptedIds(people), upTo(count + 1));
    assert.deepEqual(waitingIds(people), {});
  });

  Deno.test(`grave: retry of what was ${way} writes no old value over a newer one`, async () => {
    const held = new Map<number, string>();
    const sent: string[] = [];
    let refusesOld = true;
    await using api = await fakeApi(({ json }) => {
      const all = peopleIn(json);
      const taken = all.filter(({ name }) => !refusesOld || name !== "old");
      for (const { id, name } of taken) held.set(id, name);
      sent.push(...all.map(({ id, name }) => `${id} ${name}`));
      const refused = all.filter((person) => !taken.includes(person));
      return { json: { taken: taken.map(({ id }) => id), refused: refused.map(({ id }) => id) } };
    });
    await using people = await refusingProject(api, way);
    await setPeople(people, 4, "'old' AS name");
    await people.run();
    assert.deepEqual(waitingIds(people), { [STATES[way]]: upTo(4) });

    // 1 is another one by now, and taken as that.
    await setPeople(people, 4, "iif(id = 1, 'new', 'old') AS name");
    await people.run();
    assert.deepEqual(held, new Map([[1, "new"]]));
    sent.splice(0);
    refusesOld = false;
    const retry = await people.project.run("retry sync.people");
    assert.match(retry.output, /tries 3 groups again/);
    // And 2 is another one before it is tried again.
    await setPeople(people, 4, "iif(id < 3, 'new', 'old') AS name");
    await people.run();
    assert.deepEqual(sent.splice(0).toSorted(), ["2 new", "3 old", "4 old"]);

    await setPeople(people, 4, "'newest' AS name");
    await people.run();
    sent.splice(0);
    const nothing = await people.project.run("retry sync.people");
    assert.equal(nothing.code, 1);
    assert.match(nothing.output, /no group is failed or rejected/);
    await people.run("--full");
    assert.deepEqual(sent, []);
    assert.deepEqual([...held.values()], Array(4).fill("newest"));
  });
}

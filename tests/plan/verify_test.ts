/**
 * A model's `verify` asks the far side, which no plan does: what that means for a plan that is applied.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { keepPlan, makePlan } from "./plan_project.ts";

for (const method of ["get", "post"]) {
  Deno.test(`what verify asks by ${method} cannot be known, and a plan is applied without it`, async () => {
    let isLosing = true;
    await using api = await fakeApi(({ path }) => {
      if (path.startsWith("/sent/")) return { status: path === "/sent/2" ? 200 : 404 };
      return isLosing && path !== "/people/1" ? { drop: true } : { json: {} };
    });
    const code = `${SEND_EACH_ROW}
      export async function verify({ key }) {
        const { status } = await http.${method}(ORIGIN + "/sent/" + key.id, { throwOnError: false });
        return status === 200;
      }`;
    await using people = await syncProject(api, code, {
      directives: ["delivery: at_most_once", "retries: 0"],
      files: { "models/mart/below.sql": "SELECT count(*) AS n FROM sync.people" },
    });
    await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
    await people.run();
    isLosing = false;
    api.clear();
    const sent = () => api.requests.map((request) => `${request.method} ${request.path}`);

    const idle = await makePlan(people.project, "--exit-code");
    assert.deepEqual([idle.code, idle.sync.status, idle.sync.unverified], [3, "runs", 2]);
    await people.setRows(COLUMNS, [["1", "'Ada L.'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
    const { sync, model, plan } = await makePlan(people.project);
    const { stdout } = await people.project.run("plan");
    await keepPlan(people);

    assert.deepEqual(sent(), []);
    assert.deepEqual(sync.requests.map(({ url }) => new URL(url).pathname), ["/people/1"]);
    assert.equal(plan.summary.unknown, 1);
    assert.equal(model("mart.below").status, "runs");
    for (const text of [stdout, (await people.project.run("plan --format md")).stdout]) {
      assert.match(
        text,
        /cannot be known without sending: verify\(\) asks the far side about 2 groups; spoor run asks, spoor apply leaves them unknown/,
      );
    }

    const applied = await people.project.run("apply plan.json");
    assert.equal(applied.code, 0, applied.output);
    assert.deepEqual(sent(), ["POST /people/1"]);
    assert.match(
      applied.output,
      / {2}verified {2}2 not asked: the next spoor run asks about them$/m,
    );
    assert.match(applied.output, /2 groups are not known to be sent; the next run asks verify/);
    assert.deepEqual(people.project.rows("spoor.ledger").map(({ state }) => state), [
      "unknown",
      "unknown",
    ]);

    api.clear();
    const ran = await people.run();
    assert.equal(ran.code, 0, ran.output);
    assert.deepEqual(sent(), [2, 3].map((id) => `${method.toUpperCase()} /sent/${id}`));
    assert.equal((await makePlan(people.project)).sync.unverified, undefined);
  });
}

/** OAuth in models: `http.oauth`, and tokens that are renewed while they run. */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { killAfter } from "../../support/spoor.ts";
import { stateText } from "../../support/state_text.ts";
import { rowsOf, run, syncProject } from "../../support/sync_project.ts";
import { authorize, CLIENT_ID, CLIENT_SECRET, oauthProvider } from "./oauth_provider.ts";
import { tempProject } from "../../support/temp_project.ts";
import { addModel, CALL_AS_CRM, ENV, projectOf } from "./oauth_project.ts";

Deno.test("http.oauth gets one token by client credentials for all rows of a model", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(
    provider,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const token = http.oauth({
        tokenUrl: ORIGIN + "/token", clientId: "${CLIENT_ID}", clientSecret: secret("CLIENT_SECRET"),
        scope: ["a", "b"],
      });
      await http.post(ORIGIN + "/people/" + row.id, {
        json: row, headers: { Authorization: "Bearer " + token },
      });
    });`,
    "sync/people",
    ["kind: tracked", "unique_key: id", "secrets: CLIENT_SECRET", "concurrency: 8"],
  );
  await project.write(
    "models/raw/people.sql",
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 30) SELECT id FROM n",
  );

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  assert.equal(ran.sync.delivery?.saved, 30);
  assert.equal(provider.calls().length, 30);
  assert.deepEqual(provider.tokenForms(), [{ grant_type: "client_credentials", scope: "a b" }]);
  assert.deepEqual(ran.sync.requests, { sent: 30, accepted: 30, refused: 0, retries: 0 });
  assert.ok(!project.rows("spoor.requests").some(({ url }) => String(url).endsWith("/token")));
});

Deno.test("a token that ends in the middle of a run is renewed, and nothing is sent twice", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(
    provider,
    `for await (const row of query("SELECT * FROM raw.people")) {
      const Authorization = "Bearer " + http.oauth("crm");
      await http.post(ORIGIN + "/people/" + row.id, { json: row, headers: { Authorization } });
      await save.row(row);
    }`,
    "sync/people",
    ["kind: tracked", "unique_key: id"],
  );
  await project.write("models/raw/people.sql", "SELECT 1 AS id UNION ALL SELECT 2");
  await authorize(project);
  provider.endTokens();

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  const keys = provider.calls().map(({ path, key }) => `${path} ${key}`);
  assert.deepEqual(keys.length, 3);
  assert.equal(keys[0], keys[1]);
  assert.deepEqual(ran.sync.requests, { sent: 2, accepted: 2, refused: 0, retries: 1 });
});

Deno.test("a model cannot read a token that the far side echoes, nor what its stand-in stands for", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(
    provider,
    `${CALL_AS_CRM}
    const token = http.oauth("crm");
    log.info("token", token, JSON.stringify([...http.oauth({ provider: "crm" })]).length);
    const bad = await http.post(ORIGIN + "/token", { form: { code: token }, throwOnError: false });
    log.info(bad.text);`,
  );
  await authorize(project);

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  const [row] = project.rows("raw.pages");
  assert.equal(row?.["seen"], "Bearer ***");
  for (
    const text of [ran.output, JSON.stringify(project.rows("raw.pages")), await stateText(project)]
  ) {
    for (
      const shape of ["access-token-number", "refresh-token-number", btoa("Bearer access-token")]
    ) {
      assert.ok(!text.includes(shape), `${shape} in ${text.slice(0, 2_000)}`);
    }
  }
});

Deno.test("a model has nothing of another model's stand-in", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(
    provider,
    `await save.row({ stand_in: http.oauth("crm") });`,
    "raw/owner",
  );
  await addModel(
    project,
    provider,
    `const [{ stand_in }] = await query("SELECT stand_in FROM raw.owner");
    const headers = { Authorization: "Bearer " + stand_in };
    const { status } = await http.get(ORIGIN + "/me", { headers, throwOnError: false });
    await save.row({ status });`,
    "raw/thief",
  );
  await authorize(project);

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  assert.deepEqual(project.rows("raw.thief"), [{ status: 401 }]);
  assert.match(provider.calls()[0]?.headers["authorization"] ?? "", /^Bearer spoor-oauth-/);
});

const MISTAKES: [code: string, words: RegExp][] = [
  [`http.oauth("crn");`, /Cannot use http\.oauth\("crn"\): spoor\.yaml has no such service/],
  [`http.oauth("crm");`, /Cannot use http\.oauth\("crm"\): it is not authorised.*spoor auth crm/s],
  [`http.oauth({ clientId: "x" });`, /Cannot use http\.oauth: tokenUrl is not given/],
  [
    `http.oauth({ tokenUrl: "x", clientID: "x" });`,
    /Cannot use http\.oauth: "clientID" is no option of it/,
  ],
  [`http.oauth(7);`, /Cannot use http\.oauth: it was given 7/],
  [
    `http.oauth({ tokenUrl: "nowhere", clientId: "x" });`,
    /Cannot get a token: cannot send to "nowhere": it is not a URL/,
  ],
  [
    `http.oauth({ tokenUrl: "https://login.test/t", clientId: "x" });`,
    /Cannot reach "login\.test:443": it is not in @allow_net/,
  ],
  [
    `http.oauth({ tokenUrl: ORIGIN + "/token", clientId: "x", clientSecret: secret("CLIENT_SECRET") });`,
    /Cannot get a token from "http:\/\/[^"]+\/token": 401 invalid_client \(Client authentication failed\)/,
  ],
];

Deno.test("a call of http.oauth that is wrong ends its model with clear words, and nothing is sent", async (t) => {
  await using provider = await oauthProvider();
  // The first one is known before anything runs.
  for (const calls of [MISTAKES.slice(0, 1), MISTAKES.slice(1)]) {
    await using project = await tempProject({ ".env": ENV, "spoor.yaml": provider.settings });
    for (const [index, [call]] of calls.entries()) {
      const code = `const token = ${call}
      for (let i = 0; i < 3; i++) {
        try { await http.get(ORIGIN + "/me", { headers: { Authorization: "Bearer " + token } }); } catch {}
      }
      await save.row({ id: 1 });`;
      await addModel(project, provider, code, `raw/call${index}`, ["secrets: CLIENT_SECRET"]);
    }

    const { code, output } = await project.run("run");

    for (const [call, words] of calls) await t.step(call, () => assert.match(output, words));
    assert.equal(code, 1, output);
    assert.doesNotMatch(output, /^ +ok /m);
    assert.ok(!output.includes(CLIENT_SECRET));
  }
  assert.equal(provider.calls().length, 0);
  assert.ok(provider.tokenForms().length <= 1);
});

Deno.test("a refresh token that is replaced by its use is kept for the next run", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  await authorize(project);
  for (let i = 0; i < 3; i++) {
    const before = provider.refreshToken;
    provider.endTokens();
    const ran = await run(project);
    assert.equal(ran.code, 0, ran.output);
    assert.notEqual(provider.refreshToken, before);
    assert.ok(!(await stateText(project)).includes(provider.refreshToken));
  }
});

Deno.test("a new refresh token is on disk before the access token that came with it is used", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  await authorize(project);
  provider.endTokens();
  provider.hangs = true;
  await using running = project.start("run");
  // One is refused with 401, then the token is renewed, then this one.
  await provider.api.received(provider.api.requests.length + 3);
  await killAfter(running, Promise.resolve());

  provider.hangs = false;
  provider.endTokens();
  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  const refreshes = provider.tokenForms().filter((form) => form["grant_type"] === "refresh_token");
  assert.equal(refreshes.length, 2);
});

for (
  const [end, directives, more] of [
    ["is stopped by its @model_timeout", ["model_timeout: 2s"], ""],
    ["throws beside it", [], `await http.get(ORIGIN + "/refreshing"); throw new Error("broken");`],
  ] as const
) {
  Deno.test(`a refresh token that is replaced while its model ${end} is kept for the next run`, async () => {
    await using provider = await oauthProvider();
    const notAwaited =
      `http.get(ORIGIN + "/me", { headers: { Authorization: "Bearer " + http.oauth("crm") } })`;
    const code = more === "" ? CALL_AS_CRM : `${notAwaited}.catch(() => {}); ${more}`;
    await using project = await projectOf(provider, CALL_AS_CRM, "raw/pages", directives);
    await authorize(project);
    await addModel(project, provider, code, "raw/pages", directives);
    provider.endTokens();
    // The model is over by then.
    provider.tokenDelayMs = more === "" ? 3_000 : 1_000;
    const cut = await run(project);
    assert.equal(cut.code, 1, cut.output);
    assert.ok(provider.tokenForms().some((form) => form["grant_type"] === "refresh_token"));
    provider.tokenDelayMs = 0;
    await addModel(project, provider, CALL_AS_CRM, "raw/pages");

    const next = await run(project);

    assert.equal(next.code, 0, next.output);
  });
}

Deno.test("models that run side by side renew a service's token once", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  for (let i = 0; i < 5; i++) await addModel(project, provider, CALL_AS_CRM, `raw/more_${i}`);
  await authorize(project);
  provider.endTokens();

  const { code, output } = await project.run("run --jobs 6");

  assert.equal(code, 0, output);
  const refreshes = provider.tokenForms().filter((form) => form["grant_type"] === "refresh_token");
  assert.equal(refreshes.length, 1);
});

Deno.test("a token endpoint that is down ends the model at once, and nothing counts as tried", async () => {
  await using api = await fakeApi(({ path }) => path === "/t" ? { status: 503 } : { json: {} });
  const code = `
    const token = http.oauth({ tokenUrl: ORIGIN + "/t", clientId: "x", clientSecret: "y" });
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people", { json: row, headers: { Authorization: "Bearer " + token } });
    });`;
  await using people = await syncProject(api, code, { directives: ["concurrency: 4"] });
  await people.setRows(["id", "name"], rowsOf(40));

  const { code: exitCode, output } = await people.project.run("run");

  assert.equal(exitCode, 1);
  assert.equal(api.requests.length, 4, "one token is asked for, four times");
  assert.match(
    output,
    /Cannot get a token from .*: 503; of 40 groups 0 accepted, 40 were not sent/,
  );
  assert.match(output, /40 groups wait to be sent; the next run goes on with them/);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
});

Deno.test("a practice run asks nobody for a token, and needs no authorisation", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(
    provider,
    `const Authorization = "Bearer " + http.oauth("crm");
    await http.post(ORIGIN + "/people", { json: { a: 1 }, headers: { Authorization } });`,
  );

  const { code, output } = await project.run("run --practice");

  assert.equal(code, 0, output);
  assert.equal(provider.api.requests.length, 0);
  const { stdout } = await project.run("practice /people --verbose");
  assert.match(stdout, /\/people/);
  assert.ok(!await project.exists(".spoor/key"));
});

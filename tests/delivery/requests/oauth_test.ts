/** OAuth as a user has it: `http.oauth` in models, `spoor auth` for refresh tokens. */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { killAfter, type SpoorOptions } from "../../support/spoor.ts";
import { type TempProject, tempProject } from "../../support/temp_project.ts";
import {
  authorize,
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  oauthProvider,
} from "./oauth_provider.ts";
import { readRun, rowsOf, syncProject, type SyncRun } from "../../support/sync_project.ts";

const ENV = `CRM_SECRET=${CLIENT_SECRET}\nCLIENT_SECRET=${CLIENT_SECRET}\n`;
const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

/** A project with one model that makes requests. */
async function projectOf(
  provider: OAuthProvider,
  code: string,
  name = "raw/pages",
  directives: readonly string[] = [],
): Promise<TempProject> {
  const project = await tempProject({ ".env": ENV, "spoor.yaml": provider.settings });
  await addModel(project, provider, code, name, directives);
  return project;
}

async function addModel(
  project: TempProject,
  { api }: OAuthProvider,
  code: string,
  name: string,
  directives: readonly string[] = [],
): Promise<void> {
  await project.write(
    `models/${name}.ts`,
    [
      ...[`allow_net: ${api.host}`, ...directives].map((line) => `// @${line}`),
      `import { http, log, query, save, secret } from "spoor";`,
      `const ORIGIN = "${api.origin}";`,
      code,
    ].join("\n"),
  );
}

const CALL_AS_CRM = `
  const Authorization = "Bearer " + http.oauth("crm");
  const { json } = await http.get(ORIGIN + "/me", { headers: { Authorization } });
  await save.row({ seen: json.seen, b64: json.b64 });
`;

async function run(project: TempProject, options?: SpoorOptions): Promise<SyncRun> {
  const { code, stdout, output } = await project.run("run --json", options);
  return readRun(code, stdout, output);
}

/** All that lies in the state file and its log, as text. */
async function stateText(project: TempProject): Promise<string> {
  let text = "";
  for (const file of ["spoor.db", "spoor.db-wal"]) {
    if (!await project.exists(`.spoor/${file}`)) continue;
    text += new TextDecoder("latin1").decode(await project.bytes(`.spoor/${file}`));
  }
  return text;
}

// ── client credentials ───────────────────────────────────────────────────────────────────────────

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

for (const [call, words] of MISTAKES) {
  Deno.test(`${call} ends the model with clear words, and nothing is sent`, async () => {
    await using provider = await oauthProvider();
    await using project = await projectOf(
      provider,
      `const token = ${call}
      for (let i = 0; i < 3; i++) {
        try { await http.get(ORIGIN + "/me", { headers: { Authorization: "Bearer " + token } }); } catch {}
      }
      await save.row({ id: 1 });`,
      "raw/pages",
      ["secrets: CLIENT_SECRET"],
    );

    const { code, output } = await project.run("run");

    assert.equal(code, 1, output);
    assert.match(output, words);
    assert.ok(!output.includes(CLIENT_SECRET));
    assert.equal(provider.calls().length, 0);
    assert.ok(provider.tokenForms().length <= 1);
  });
}

// ── spoor auth ───────────────────────────────────────────────────────────────────────────────────

Deno.test("spoor auth asks for consent with PKCE, and a model then has the token", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);

  const { code, output } = await authorize(project);

  assert.equal(code, 0, output);
  assert.match(output, /crm is authorised: models have its token by http\.oauth\("crm"\)/);
  const asked = provider.api.requests.find(({ path }) => path === "/authorize")?.query;
  assert.equal(asked?.get("scope"), "read write");
  assert.equal(asked?.get("prompt"), "consent");
  assert.match(asked?.get("redirect_uri") ?? "", /^http:\/\/127\.0\.0\.1:\d+\/callback$/);

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  assert.equal(provider.calls().length, 1);
  // The token that came with the consent is still good.
  assert.deepEqual(provider.tokenForms().map((form) => form["grant_type"]), ["authorization_code"]);
});

Deno.test(
  "tokens are encrypted at rest by a key that only its owner can read",
  POSIX_ONLY,
  async () => {
    await using provider = await oauthProvider();
    await using project = await projectOf(provider, CALL_AS_CRM);
    await authorize(project);
    const text = await stateText(project);
    assert.match(text, /spoor\.tokens/);
    assert.equal(project.rows("spoor.tokens").length, 1);
    for (const token of [provider.refreshToken, "access-token-number", CLIENT_SECRET]) {
      assert.ok(!text.includes(token), token);
    }
    assert.equal(((await Deno.stat(project.path(".spoor/key"))).mode ?? 0) & 0o777, 0o600);

    await Deno.chmod(project.path(".spoor/key"), 0o644);
    const { code, output } = await project.run("run");
    assert.equal(code, 1, output);
    assert.match(output, /Cannot use \.spoor\/key: others can read it \(its mode is 644\)/);
    assert.match(output, /chmod 600 \S*\.spoor\/key/);
    assert.equal(provider.calls().length, 0);
  },
);

Deno.test("SPOOR_KEY takes the place of the key file; another key, none and a wrong one are told", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  const key = async () => (await project.run("auth --new-key")).stdout.trim();
  const env = { SPOOR_KEY: await key() };
  assert.equal((await authorize(project, { env })).code, 0);
  assert.ok(!await project.exists(".spoor/key"));
  assert.equal((await run(project, { env })).code, 0);

  const failures: [Record<string, string>, RegExp][] = [
    [
      { SPOOR_KEY: await key() },
      /Cannot read the tokens of "crm": they were sealed with another key/,
    ],
    [{}, /Cannot read the tokens of "crm": there is no key \(SPOOR_KEY is not set/],
    [{ SPOOR_KEY: "c2hvcnQ=" }, /Cannot use SPOOR_KEY: it holds no key of 32 bytes \(5 bytes\)/],
    [{ SPOOR_KEY: "!" }, /Cannot use SPOOR_KEY: it holds no key of 32 bytes \(it is neither/],
  ];
  for (const [other, words] of failures) {
    const { code, output } = await project.run("run", { env: other });
    assert.equal(code, 1, output);
    assert.match(output, words);
    const listed = await project.run("auth", { env: other });
    assert.match(listed.stdout, /crm +no: its tokens cannot be read/);
    assert.match(listed.stderr, words);
  }
  assert.equal(provider.calls().length, 1);
});

Deno.test("no model is given the key", async () => {
  await using provider = await oauthProvider();
  for (const directive of ["allow_env: SPOOR_KEY", "secrets: SPOOR_KEY"]) {
    const code = `await save.row({ id: 1 });`;
    await using project = await projectOf(provider, code, "raw/pages", [directive]);
    const { code: exit, output } = await project.run("run", { env: { SPOOR_KEY: "x" } });
    assert.equal(exit, 1, output);
    assert.match(output, /Cannot run raw\.pages: SPOOR_KEY is not for models/);
    assert.match(output, /models\/raw\/pages\.ts:2/);
  }
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
    provider.tokenDelayMs = 3_000;
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

Deno.test("an authorisation that was revoked is told with the command that renews it", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  await authorize(project);
  provider.revoke();

  const { code, output } = await project.run("run");

  assert.equal(code, 1, output);
  assert.match(
    output,
    /Cannot get a token from "\S+\/token": 400 invalid_grant \(Token has been revoked\)/,
  );
  assert.match(output, /run "spoor auth crm"/);
  assert.match(
    (await project.run("auth")).stdout,
    /crm +no: refused on \d{4}-\d\d-\d\d [\d:]+, run "spoor auth crm" +\d{4}-/,
  );
  const refused = JSON.parse((await project.run("auth --json")).stdout);
  assert.equal(refused.authorised, false);
  assert.match(refused.refused_at, /^\d{4}-.*Z$/);
  assert.equal((await authorize(project)).code, 0);
  const listed = JSON.parse((await project.run("auth --json")).stdout);
  assert.deepEqual([listed.authorised, "refused_at" in listed], [true, false]);
  assert.equal((await run(project)).code, 0);
});

Deno.test("spoor auth lists the services and forgets one", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  assert.match((await project.run("auth")).stdout, /crm +no: run "spoor auth crm"/);
  await authorize(project);
  assert.match((await project.run("auth")).stdout, /crm +yes +\d{4}-/);
  const listed = JSON.parse((await project.run("auth --json")).stdout);
  assert.deepEqual([listed.type, listed.service, listed.authorised], ["auth", "crm", true]);

  assert.match(
    (await project.run("auth crm --forget")).stdout,
    /The tokens of crm are gone from here/,
  );
  assert.match((await project.run("auth crm --forget")).stdout, /There were no tokens of "crm"/);
  assert.deepEqual(project.rows("spoor.tokens"), []);
  assert.match((await run(project)).output, /it is not authorised/);
});

Deno.test("spoor auth takes no code that it did not ask for", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  await using running = project.start("auth crm");
  await running.waitFor(/http:\/\/\S+\/authorize\S*\n/);
  const [url = ""] = /http:\/\/\S+\/authorize\S*/.exec(running.output()) ?? [];
  const redirect = new URL(url).searchParams.get("redirect_uri");

  for (const query of ["?code=stolen&state=guessed", "?code=stolen", "?error=x"]) {
    const page = await fetch(redirect + query);
    assert.equal(page.status, 400);
    await page.body?.cancel();
  }
  assert.deepEqual(provider.tokenForms(), []);

  const state = new URL(url).searchParams.get("state");
  const page = await fetch(
    `${redirect}?error=access_denied&error_description=<b>No&state=${state}`,
  );
  assert.ok(!(await page.text()).includes("<b>"));
  const { code, output } = await running.result;
  assert.equal(code, 1, output);
  assert.match(output, /Cannot authorise "crm": the service says access_denied \(<b>No\)/);
  assert.deepEqual(project.rows("spoor.tokens"), []);
});

Deno.test("spoor auth tells what is wrong before anybody is asked", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  const unknown = await project.run("auth crn");
  assert.deepEqual([unknown.code, /Did you mean "crm"/.test(unknown.output)], [2, true]);
  const nameless = await project.run("auth --forget");
  assert.deepEqual([nameless.code, /no service is named/.test(nameless.output)], [2, true]);

  await project.write(".env", "");
  const { code, output } = await project.run("auth crm");
  assert.equal(code, 1, output);
  assert.match(output, /Cannot use the service "crm": CRM_SECRET is not set/);
  assert.equal(provider.api.requests.length, 0);
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

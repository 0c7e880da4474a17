/**
 * `spoor auth`: consent, and tokens that are kept where only their owner gets at them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stateText } from "../../support/state_text.ts";
import { run } from "../../support/sync_project.ts";
import { askedUrl, authorize, CLIENT_SECRET, oauthProvider } from "./oauth_provider.ts";
import { CALL_AS_CRM, POSIX_ONLY, projectOf } from "./oauth_project.ts";

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

Deno.test("an authorisation that was revoked is told with the command that renews it", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  await authorize(project);
  provider.revoke();

  const { code, output } = await project.run(["run", "--project", project.root], { cwd: "/" });

  assert.equal(code, 1, output);
  assert.match(
    output,
    /Cannot get a token from "\S+\/token": 400 invalid_grant \(Token has been revoked\)/,
  );
  assert.ok(output.includes(`run "spoor auth crm --project ${project.root}"`), output);
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
  const { searchParams } = await askedUrl(running);
  const redirect = searchParams.get("redirect_uri");

  for (const query of ["?code=stolen&state=guessed", "?code=stolen", "?error=x"]) {
    const page = await fetch(redirect + query);
    assert.equal(page.status, 400);
    await page.body?.cancel();
  }
  assert.deepEqual(provider.tokenForms(), []);

  const state = searchParams.get("state");
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

Deno.test("what asks for a consent names the project where that was named by --project", async () => {
  await using provider = await oauthProvider();
  await using project = await projectOf(provider, CALL_AS_CRM);
  const from = { cwd: "/" };
  const named = ["--project", project.root];
  const command = `spoor auth crm --project ${project.root}`;

  const ran = await project.run(["run", ...named], from);
  assert.ok(ran.output.includes(`hint: Run "${command}"`), ran.output);
  const listed = await project.run(["auth", ...named], from);
  assert.ok(listed.output.includes(`no: run "${command}"`), listed.output);
  assert.doesNotMatch((await project.run("auth")).output, /--project/);

  const nameless = await project.run(["auth", "--forget", ...named], from);
  const forget = `spoor auth NAME --forget --project ${project.root}`;
  assert.ok(nameless.output.includes(`hint: Run "${forget}"`), nameless.output);
  await using asking = project.start(["auth", "crm", ...named], from);
  const { searchParams } = await askedUrl(asking);
  const state = searchParams.get("state");
  await (await fetch(`${searchParams.get("redirect_uri")}?error=access_denied&state=${state}`))
    .body?.cancel();
  const refused = await asking.result;
  assert.ok(refused.output.includes(`hint: Run "${command}" again`), refused.output);
});

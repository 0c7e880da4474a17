/**
 * A plan of a model whose token is known to be of no use says what a run would say.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ENV, POSIX_ONLY } from "../delivery/requests/oauth_project.ts";
import {
  authorize,
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  oauthProvider,
} from "../delivery/requests/oauth_provider.ts";
import { COLUMNS, type SyncProject, syncProject } from "../support/sync_project.ts";
import { makePlan } from "./plan_project.ts";

async function projectOf(
  provider: OAuthProvider,
  oauth = `http.oauth("crm")`,
): Promise<SyncProject> {
  const people = await syncProject(
    provider.api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const Authorization = "Bearer " + ${oauth};
      await http.post(ORIGIN + "/people", { json: row, headers: { Authorization } });
    });`,
    {
      directives: ["secrets: CLIENT_SECRET"],
      files: { ".env": ENV, "spoor.yaml": provider.settings },
    },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  return people;
}

/** The plan fails by these words, and so does the run. */
async function assertBothFail(people: SyncProject, words: RegExp, hint: RegExp): Promise<void> {
  const { code, sync, plan } = await makePlan(people.project);
  assert.equal(code, 1);
  assert.deepEqual([sync.status, plan.summary.failed], ["fails", 1]);
  const told = JSON.stringify([sync.error, sync.changes]);
  assert.match(told, words);
  const { stdout } = await people.project.run("plan");
  assert.match(stdout, words);
  assert.match(stdout, hint);
  const ran = await people.run();
  assert.equal(ran.code, 1);
  assert.match(ran.output, words);
  assert.match(ran.output, hint);
}

Deno.test("a plan of a model whose service was never authorised fails as the run does", async () => {
  await using provider = await oauthProvider();
  await using people = await projectOf(provider);

  await assertBothFail(
    people,
    /Cannot use http\.oauth\(.{1,2}crm.{1,2}\): it is not authorised/,
    /Run .{1,2}spoor auth crm/,
  );

  await authorize(people.project);
  const { code, sync } = await makePlan(people.project);
  assert.deepEqual([code, sync.status, sync.requests_total], [0, "runs", 2]);
  provider.endTokens();
  provider.api.clear();
  await makePlan(people.project);
  assert.deepEqual(provider.api.requests, [], "no token is asked for");
});

Deno.test(
  "a plan tells a key file that others can read, that is another one, or that is gone",
  POSIX_ONLY,
  async () => {
    await using provider = await oauthProvider();
    await using people = await projectOf(provider);
    await authorize(people.project);

    await Deno.chmod(people.project.path(".spoor/key"), 0o644);
    await assertBothFail(people, /others can read it \(its mode is 644\)/, /chmod 600/);

    await Deno.chmod(people.project.path(".spoor/key"), 0o600);
    await people.project.write(".spoor/key", new Uint8Array(32).fill(7).toBase64());
    await assertBothFail(people, /they were sealed with another key/, /Set SPOOR_KEY/);

    await people.project.remove(".spoor/key");
    await assertBothFail(people, /there is no key/, /Set SPOOR_KEY/);
  },
);

Deno.test("a plan knows of a refusal that a run has met, until the service lets Spoor in again", async () => {
  await using provider = await oauthProvider();
  await using people = await projectOf(provider);
  await authorize(people.project);
  assert.equal((await makePlan(people.project)).code, 0);
  const { refreshToken } = provider;
  provider.revoke();
  assert.match((await people.run()).output, /400 invalid_grant/);

  const planned = await makePlan(people.project);
  assert.deepEqual([planned.code, planned.sync.status], [1, "fails"]);
  const { stdout } = await people.project.run("plan");
  assert.match(
    stdout,
    /Cannot use http\.oauth\("crm"\): the service refused to renew it on \d{4}-/,
  );
  assert.match(stdout, /Run "spoor auth crm"/);
  assert.match(
    (await people.run()).output,
    /400 invalid_grant/,
    "a run asks again: the service may have changed its mind",
  );

  provider.refreshToken = refreshToken;
  const ran = await people.run();
  assert.equal(ran.code, 0, ran.output);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bea'"]]);
  const { code, sync } = await makePlan(people.project);
  assert.deepEqual([code, sync.status, sync.requests_total], [0, "runs", 1]);

  provider.revoke();
  assert.match((await people.run()).output, /400 invalid_grant/);
  assert.equal((await makePlan(people.project)).code, 1);
  await authorize(people.project);
  assert.equal((await makePlan(people.project)).code, 0);
});

Deno.test("a plan knows of no refusal where it is the client that is refused", async () => {
  await using provider = await oauthProvider();
  await using people = await projectOf(provider);
  await authorize(people.project);
  provider.endTokens();
  await people.project.write(".env", ENV.replace(`CRM_SECRET=${CLIENT_SECRET}`, "CRM_SECRET=x"));
  assert.match((await people.run()).output, /401 invalid_client/);
  await people.project.write(".env", ENV);

  const { code, sync } = await makePlan(people.project);

  assert.deepEqual([code, sync.status], [0, "runs"]);
  assert.match((await people.project.run("auth")).stdout, /crm +yes/);
});

Deno.test("a plan tells a token endpoint that the model may not reach", async () => {
  await using provider = await oauthProvider();
  await using people = await projectOf(
    provider,
    `http.oauth({
      tokenUrl: "https://auth.invalid/token", clientId: "${CLIENT_ID}",
      clientSecret: secret("CLIENT_SECRET"),
    })`,
  );

  await assertBothFail(people, /auth\.invalid/, /@allow_net/);
});

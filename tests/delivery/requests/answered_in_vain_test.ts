/**
 * A far side that has answered is not told of as one that has not, though its answer was not how the request
 * ended.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, syncProject } from "../../support/sync_project.ts";

const WITH_TOKEN = `
  const token = http.oauth({ tokenUrl: ORIGIN + "/token", clientId: "x", clientSecret: "y" });
  await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/people/" + row.id, {
      json: row,
      headers: { Authorization: "Bearer " + token },
    });
  });
`;

Deno.test("a 401 after which no new token is to be had is refused, and why shows it with what came after", async () => {
  let tokens = 0;
  await using api = await fakeApi(({ path }): Answer => {
    if (path !== "/token") return { status: 401, json: { message: "the token was revoked" } };
    return tokens++ === 0
      ? { json: { access_token: "first-token", token_type: "Bearer" } }
      : { status: 400, json: { error: "invalid_client" } };
  });
  await using people = await syncProject(api, WITH_TOKEN);
  await people.setRows(COLUMNS, rowsOf(1));

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(output, /requests +1 sent, 0 accepted, 1 refused/);
  assert.doesNotMatch(output, /without an answer/);
  const [request] = people.project.rows(`SELECT status, error, attempts FROM "spoor.requests"`);
  assert.deepEqual([request?.["status"], request?.["attempts"]], [401, 1]);
  assert.match(String(request?.["error"]), /^Cannot get a token from ".*": 400 invalid_client/);
  const why = await people.project.run("why sync.people 1");
  assert.match(
    why.output,
    /POST \S+\/people\/1 +401: Cannot get a token from ".*": 400 invalid_cl/,
  );
  assert.match(why.output, /response +\{"message":"the token was revoked"\}/);
});

Deno.test("a redirect that is not followed is refused, and why shows it with the reason", async () => {
  const location = "http://elsewhere.test/people";
  await using api = await fakeApi([{ status: 308, headers: { location }, body: "over there" }]);
  await using people = await syncProject(
    api,
    WITH_TOKEN.replace(/const token.*;/, `const token = "x";`),
  );
  await people.setRows(COLUMNS, rowsOf(1));

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(output, /requests +1 sent, 0 accepted, 1 refused/);
  assert.doesNotMatch(output, /without an answer/);
  assert.deepEqual(people.project.rows(`SELECT url, status FROM "spoor.requests"`), [
    { url: `${api.origin}/people/1`, status: 308 },
  ]);
  const why = await people.project.run("why sync.people 1");
  assert.match(
    why.output,
    /POST \S+\/people\/1 +308: Cannot follow the redirect of ".*" to "elsewhere\.test:80"/,
  );
});

/**
 * `hmac`: signatures by secrets that the model never sees.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { fakeApi } from "../../support/fake_api.ts";
import { rowsOf, syncProject } from "../../support/sync_project.ts";

Deno.test("hmac signs each body with a secret that the model never sees", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const body = JSON.stringify(row);
      const signature = hmac(secret("SIGNING_KEY"), body);
      log.info(signature);
      await http.post(ORIGIN + "/?sig=" + signature, { headers: { "X-Signature": "sha256=" + signature }, body });
      return { ...row, signature };
    });`,
    { directives: ["secrets: SIGNING_KEY"], files: { ".env": "SIGNING_KEY=s3cret-värde\n" } },
  );
  await people.setRows(["id", "name"], rowsOf(2, "Åsa"));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 2);
  const signed = api.requests.map(({ body }) =>
    createHmac("sha256", "s3cret-värde").update(body).digest("hex")
  );
  for (const [i, request] of api.requests.entries()) {
    assert.equal(request.headers["x-signature"], `sha256=${signed[i]}`);
    assert.equal(request.query.get("sig"), signed[i]);
  }
  const kept = JSON.stringify([
    people.project.rows("sync.people"),
    people.project.rows(`SELECT * FROM "spoor.requests"`),
    run.events,
  ]);
  for (const text of ["s3cret", ...signed]) assert.ok(!kept.includes(text), text);

  const { stdout } = await people.project.run("why sync.people 1 --verbose");
  assert.match(stdout, /X-Signature: sha256=<hmac, sha256 as hex>$/im);
  assert.doesNotMatch(stdout, /spoor-hmac/);
  const told = await people.project.run("why sync.people 1 --json");
  assert.match(told.stdout, /"sha256=<hmac, sha256 as hex>"/);
});

Deno.test("hmac refuses what is no secret of the model, and nothing is sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/", { headers: { sig: hmac("a plain text", "x") } });
    });`,
  );
  await people.setRows(["id", "name"], rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(api.requests.length, 0);
  assert.match(run.output, /Cannot sign: the first argument of hmac is not a secret of this model/);
});

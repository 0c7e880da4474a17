/**
 * The runtime's own traces, which hold the addresses of requests as they are sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("nothing with secrets is sent while the runtime traces requests", async () => {
  await using api = await fakeApi();
  await using project = await tempProject({
    ".env": "KEY=a-real-secret",
    "models/raw/people.sql": "SELECT 1 AS id",
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${new URL(api.origin).host}
      // @secrets: KEY
      import { http, query, secret } from "spoor";
      await query("SELECT id FROM raw.people").each(async (row) => {
        await http.post("${api.origin}/people", { params: { key: secret("KEY") }, json: row });
      });
    `,
  });
  // Where its traces would go: nobody is there.
  const env = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };

  const planned = await project.run("plan -o plan.json", { env });
  assert.equal(planned.code, 0, planned.output);
  for (const command of ["apply plan.json", "run", "run --practice"]) {
    // The runtime takes it in any case.
    for (const OTEL_DENO of ["true", "True"]) {
      const { code, output } = await project.run(command, { env: { ...env, OTEL_DENO } });
      assert.equal(code, 1, output);
      assert.match(output, /Cannot send for sync\.people: OTEL_DENO is "true"/);
      assert.match(output, /Unset OTEL_DENO/);
    }
  }
  assert.equal(api.requests.length, 0);

  const { code, output } = await project.run("run", { env: { OTEL_DENO: "false" } });
  assert.equal(code, 0, output);
  assert.equal(api.requests.length, 1);
});

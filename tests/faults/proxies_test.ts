/**
 * Proxies that the environment names: what goes by them, and what is said of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { run } from "../support/sync_project.ts";
import { fakeApi } from "../support/fake_api.ts";
import { tempProject } from "../support/temp_project.ts";
import { rawServer } from "./raw_server.ts";

function projectOf(origin: string) {
  return tempProject({
    "models/raw/people.sql": "SELECT 1 AS id",
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${new URL(origin).host}
      // @retries: 0
      import { http, query } from "spoor";
      await query("SELECT id FROM raw.people").each(async (row) => {
        await http.post("${origin}/" + row.id, { json: row });
      });
    `,
  });
}

Deno.test("a request to this machine goes by no proxy", async () => {
  await using proxy = rawServer(() => ["HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"]);
  await using api = await fakeApi();
  await using project = await projectOf(api.origin);

  const { code, output } = await project.run("run", {
    env: { HTTP_PROXY: proxy.origin, no_proxy: "elsewhere.example" },
  });

  assert.equal(code, 0, output);
  assert.deepEqual([api.requests.length, proxy.requests.length], [1, 0]);
});

Deno.test("a request goes by the proxy that the environment names, but for what NO_PROXY names", async () => {
  await using proxy = rawServer(() => ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
  await using project = await projectOf("http://far.invalid");

  const without = await run(project, {
    env: { HTTP_PROXY: proxy.origin, no_proxy: "far.invalid" },
  });
  assert.equal(proxy.requests.length, 0);
  assert.match(without.output, /Cannot reach \\"far.invalid\\": its name is not known/);

  const by = await run(project, { env: { HTTP_PROXY: proxy.origin } });
  assert.equal(by.code, 0, by.output);
  assert.deepEqual(proxy.requests.map(({ path }) => path), ["http://far.invalid/1"]);
  const [started] = by.events;
  const proxies = started?.type === "run_started" ? started.proxies : undefined;
  assert.deepEqual(proxies, [new URL(proxy.origin).host]);
});

Deno.test("a proxy that cannot be reached is named, without what lets somebody in", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  await using project = await projectOf("https://far.invalid");

  const { code, output } = await project.run("run", {
    env: { HTTPS_PROXY: `http://me:pass-word@${host}` },
  });

  assert.equal(code, 1);
  assert.ok(
    output.includes(
      `Cannot reach "far.invalid": no connection could be made through the proxy "${host}" (`,
    ),
    output,
  );
  assert.match(output, /HTTPS_PROXY/);
  assert.ok(output.includes(`Requests go through the proxy ${host}.`), output);
  assert.doesNotMatch(output, /pass-word/);
});

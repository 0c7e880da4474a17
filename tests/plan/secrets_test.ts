/**
 * Plans of models with secrets, signatures, uploads and access tokens: what is random in a request does not
 * keep a plan from being applied, and no plan costs a token.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CLIENT_ID, CLIENT_SECRET, oauthProvider } from "../delivery/requests/oauth_provider.ts";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { keepPlan, makePlan } from "./plan_project.ts";

Deno.test("a plan with secrets, signatures and an upload is applied", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const token = secret("TOKEN");
      await http.post(ORIGIN + "/people/" + token, {
        headers: { "x-signature": hmac(token, JSON.stringify(row)), "x-at": String(Math.random()) },
        json: { token, signed: hmac(token, "text"), row },
      });
      await http.upload(ORIGIN + "/files", { form: { id: row.id, file: { content: "text", name: "a.txt" } } });
    });`,
    { directives: ["secrets: TOKEN"] },
  );
  await people.project.write(".env", "TOKEN=a-long-secret-value\n");
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await keepPlan(people);

  const applied = await people.project.run("apply plan.json");

  assert.equal(applied.code, 0, applied.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/a-long-secret-value", "/files"]);
  assert.equal((await people.project.read("plan.json")).includes("a-long-secret-value"), false);
});

Deno.test("a plan shows no secret in a header, however short it is", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people", {
        headers: {
          Authorization: "Basic " + btoa("user:" + secret("SHORT")),
          "X-Two": secret("LONG") + ":" + secret("SHORT"),
          "X-One": "v=" + secret("SHORT"),
          "X-Sign": "t=1,v1=" + hmac(secret("LONG"), "text"),
          "X-None": "abc",
        },
        json: row,
      });
    });`,
    { directives: ["secrets: LONG, SHORT"] },
  );
  await people.project.write(".env", "LONG=a-long-secret-value\nSHORT=q7z\n");
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { sync, text } = await makePlan(people.project);

  const headers = Object.fromEntries(sync.requests[0]?.headers ?? []);
  assert.deepEqual(
    ["authorization", "x-two", "x-one", "x-sign", "x-none"].map((name) => headers[name]),
    ["Basic ***", "***:***", "v=***", "t=1,v1=***", "abc"],
  );
  assert.ok(!text.includes("q7z"), text);

  await keepPlan(people);
  const applied = await people.project.run("apply plan.json");
  assert.equal(applied.code, 0, applied.output);
  assert.equal(api.requests[0]?.headers["x-two"], "a-long-secret-value:q7z");
});

Deno.test("a plan asks for no access token, shows none, and is applied", async () => {
  await using provider = await oauthProvider();
  await using people = await syncProject(
    provider.api,
    `const token = http.oauth({
      tokenUrl: ORIGIN + "/token", clientId: "${CLIENT_ID}", clientSecret: secret("CLIENT_SECRET"),
    });
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people", { headers: { Authorization: "Bearer " + token }, json: { row, token } });
    });`,
    { directives: ["secrets: CLIENT_SECRET"] },
  );
  await people.project.write(".env", `CLIENT_SECRET=${CLIENT_SECRET}\n`);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { sync, text } = await makePlan(people.project);

  assert.equal(provider.api.connections, 0);
  const [request] = sync.requests;
  assert.deepEqual(request?.headers.find(([name]) => name === "authorization")?.[1], "Bearer ***");
  assert.deepEqual(JSON.parse(request?.body ?? ""), { row: { id: 1, name: "Ada" }, token: "***" });
  assert.equal(text.includes(CLIENT_SECRET), false);

  await keepPlan(people);
  const applied = await people.project.run("apply plan.json");
  assert.equal(applied.code, 0, applied.output);
  assert.equal(provider.calls().length, 1);
});

Deno.test("a plan of a source does not ask for a token either, and says so", async () => {
  await using provider = await oauthProvider();
  await using people = await syncProject(provider.api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.project.write(".env", `CLIENT_SECRET=${CLIENT_SECRET}\n`);
  await people.project.write(
    "models/raw/pages.ts",
    `// @allow_net: ${provider.api.host}
    // @secrets: CLIENT_SECRET
    import { http, save, secret } from "spoor";
    const token = http.oauth({
      tokenUrl: "${provider.api.origin}/token", clientId: "${CLIENT_ID}", clientSecret: secret("CLIENT_SECRET"),
    });
    const { json } = await http.get("${provider.api.origin}/me", { headers: { Authorization: "Bearer " + token } });
    await save.row({ seen: json.seen });`,
  );

  const { model } = await makePlan(people.project);

  assert.equal(provider.api.connections, 0);
  assert.equal(model("raw.pages").status, "unknown");
  assert.match(model("raw.pages").unknown ?? "", /needs a new access token/);
});

Deno.test("a plan forecasts the time that a rate limit takes", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["rate_limit: 5/10s"] });
  await people.setRows(COLUMNS, Array.from({ length: 12 }, (_, i) => [String(i), "'x'"]));

  const { sync } = await makePlan(people.project);
  const { stdout } = await people.project.run("plan");

  assert.deepEqual(sync.forecast, { requests: 12, rate_limit_ms: 20_000, at_least_ms: 20_000 });
  assert.match(stdout, /12 requests, at least 20\.0 s/);
});

Deno.test("a plan forecasts what models on one limit take together", async () => {
  await using api = await fakeApi();
  const other = (name: string, directive: string) =>
    `// @kind: tracked
    // @unique_key: id
    // @allow_net: ${api.host}
    // @rate_limit: ${directive}
    import { http, query } from "spoor";
    await query("SELECT * FROM raw.people").each((row) => http.post("${api.origin}/${name}", { json: row }));`;
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["rate_limit: crm"],
    files: {
      "spoor.yaml": "rate_limits:\n  crm: 5/10s\n  erp: 1/s\n",
      "models/sync/others.ts": other("others", "crm"),
      "models/sync/alone.ts": other("alone", "erp"),
    },
  });
  await people.setRows(COLUMNS, Array.from({ length: 12 }, (_, i) => [String(i), "'x'"]));

  const { plan, sync } = await makePlan(people.project);
  const text = (await people.project.run("plan")).stdout;
  const markdown = (await people.project.run("plan --format md")).stdout;

  assert.equal(sync.forecast?.at_least_ms, 20_000);
  assert.deepEqual(plan.shared_limits, [{
    limit: "crm",
    models: ["sync.others", "sync.people"],
    requests: 24,
    rate_limit_ms: 40_000,
    at_least_ms: 40_000,
  }]);
  for (const shown of [text, markdown]) {
    assert.match(
      shown,
      /sync\.others and sync\.people share the limit crm: 24 requests, at least 40\.0 s together/,
    );
  }
  await people.project.write(
    "models/sync/others.ts",
    other("others", "erp").replace("raw.people", "raw.people LIMIT 0"),
  );
  assert.equal((await makePlan(people.project)).plan.shared_limits, undefined, "one alone sends");
});

Deno.test("no plan shows a secret, wherever it is sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const token = secret("TOKEN");
      await http.post(ORIGIN + "/people/" + token + "?key=" + token, {
        headers: {
          authorization: "Bearer " + token,
          "x-basic": token,
          "x-signature": hmac(token, "text"),
          cookie: "a=" + token,
        },
        json: { token, row },
      });
      await http.post(ORIGIN + "/form", { headers: { authorization: "Basic " + btoa("user:" + token) }, form: { token } });
    });`,
    { directives: ["secrets: TOKEN"] },
  );
  const secret = `s3cr%t/"ü" value`;
  await people.project.write(".env", `TOKEN='${secret}'\n`);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { text, sync } = await makePlan(people.project, "-o", "plan.json");
  const page = await people.project.run(["plan", "--all"]);
  const md = await people.project.run(["plan", "--all", "--format", "md"]);
  const file = await people.project.read("plan.json");

  assert.equal(sync.requests.length, 2, JSON.stringify(sync));
  const shapes = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    "s3cr",
    "spoor-secret",
    new TextEncoder().encode(`user:${secret}`).toBase64(),
  ];
  for (const shown of [text, page.output, md.output, file]) {
    for (const shape of shapes) assert.ok(!shown.includes(shape), `${shape} in ${shown}`);
  }
  assert.equal(api.connections, 0);
});

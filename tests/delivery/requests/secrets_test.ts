/** What is secret is nowhere but in the requests: not in the log, the model, the plan or the state. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Answer, fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { stateText } from "../../support/state_text.ts";
import { run } from "../../support/sync_project.ts";
import { tempProject } from "../../support/temp_project.ts";
import { authorize } from "./oauth_provider.ts";

/** As long as a token of an identity service is; no part of it comes twice. */
const JWT = `eyJhbGciOiJSUzI1NiJ9.${
  Array.from({ length: 100 }, (_, i) => `${i}a`.padStart(4, "x")).join("")
}.sig0123456789`;

/** No ten characters of a secret in a row. */
function assertHidden(secret: string, text: string, where: string): void {
  for (let at = 0; at + 10 <= secret.length; at++) {
    const part = secret.slice(at, at + 10);
    const found = text.indexOf(part);
    assert.equal(found, -1, `${where}: …${text.slice(found - 100, found + 300)}`);
  }
}

Deno.test("no part of a long secret is printed, given to the model or kept, where a text is cut", async () => {
  await using api = await fakeApi(({ path, query }): Answer => {
    if (path === "/slow") return { hang: true };
    return { status: 302, headers: { location: `ftp://x.example/?t=${query.get("key")}` } };
  });
  await using project = await tempProject({
    ".env": `JWT=${JWT}\n`,
    "models/raw/pages.ts": `
      // @allow_net: ${api.host}
      // @secrets: JWT
      // @timeout: 1s
      // @retries: 0
      import { http, log, save, secret } from "spoor";
      const addresses = ["${api.origin}/slow?key=", "${api.origin}/away?key=", ""];
      for (const address of addresses) {
        const error = await http.get(address + secret("JWT")).catch((error) => error);
        log.info(error.message);
        await save.row({ message: error.message, hint: String(error.hint) });
      }
    `,
  });

  const { output } = await project.run("run --json");

  const { requests } = api;
  assert.deepEqual(requests.map(({ query }) => query.get("key")), [JWT, JWT]);
  assert.match(output, /\?key=\[JWT\] failed: its answer did not come within 1 s/);
  assert.match(output, /\?t=\*\*\*/);
  assert.match(output, /Cannot send to \\"\*\*\*\\": it is not a URL/);
  assertHidden(JWT, output, "printed");
  const state = await stateText(project);
  assert.ok(state.includes("it did not come within 1 s"));
  assert.deepEqual(project.rows("spoor.requests").map(({ url }) => url), [
    `${api.origin}/slow?key=***`,
    `${api.origin}/away?key=***`,
    "***",
  ]);
  assertHidden(JWT, state, "kept");
});

const KEY_LINES = Array.from(
  { length: 3 },
  (_, line) => Buffer.from(JWT.slice(line * 48 + 40, line * 48 + 88)).toString("base64"),
);
const SECRETS = {
  TOKEN: "Sk+live/4eC39HqLyjWDarjtT1zdp7dc=&",
  KEY: ["-----BEGIN PRIVATE KEY-----", ...KEY_LINES, "-----END PRIVATE KEY-----"].join("\\n"),
};

/** What a far side may make of them. */
function formsOfSecrets(token: string): string[] {
  const bytes = Buffer.from(token);
  const [inJson = ""] = JSON.stringify(token).match(/(?<=^").*(?="$)/) ?? [];
  return [
    token,
    token.toUpperCase(),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    bytes.toString("base64"),
    Buffer.from(`user:${token}`).toString("base64url"),
    encodeURIComponent(token),
    encodeURIComponent(encodeURIComponent(token)),
    inJson.replaceAll("/", "\\/").replaceAll("&", "\\u0026"),
    token.replaceAll("&", "&amp;"),
    KEY_LINES.join(""),
    KEY_LINES.join(" | "),
  ];
}

Deno.test("a secret that a far side sends back in another form is not shown, kept or given to the model", async () => {
  await using api = await fakeApi(({ path, headers }): Answer => {
    const token = headers["x-token"] ?? "";
    assert.equal(token, SECRETS.TOKEN);
    const forms = formsOfSecrets(token);
    const echo = { "x-seen": forms.join(" , ") };
    if (path === "/people/1") {
      return { status: 422, headers: echo, json: { forms, text: forms[0] } };
    }
    return { status: 307, headers: { ...echo, location: `ftp://x.example/?${forms.join("?")}` } };
  });
  await using project = await tempProject({
    ".env": Object.entries(SECRETS).map(([name, value]) => `${name}="${value}"\n`).join(""),
    "models/raw/people.sql": "SELECT 1 AS id UNION ALL SELECT 2",
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      // @secrets: TOKEN, KEY
      import { http, log, query, secret } from "spoor";
      await query("SELECT id FROM raw.people").each(async ({ id }) => {
        try {
          await http.post("${api.origin}/people/" + id, {
            headers: { "X-Token": secret("TOKEN") }, json: { key: secret("KEY") },
          });
        } catch (error) {
          const told = error.message + JSON.stringify([error.body, error.headers, error.hint]);
          log.warn(told);
          throw new Error(told);
        }
      });
    `,
  });

  const { output } = await project.run("run");
  const why = [1, 2].map((id) => project.run(["why", "sync.people", String(id), "--json"]));
  const told = (await Promise.all(why)).map(({ stdout }) => stdout);

  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1", "/people/2"]);
  assert.ok(api.requests.every(({ json }) => JSON.stringify(json).includes(KEY_LINES[0] ?? "-")));
  assert.match(output, /Cannot follow the redirect of .*\*\*\*/);
  assert.match(told[0] ?? "", /x-seen\W+\*\*\*/);
  const shown = { output, told: told.join(""), kept: await stateText(project) };
  for (const [where, text] of Object.entries(shown)) {
    for (const form of [...formsOfSecrets(SECRETS.TOKEN), ...KEY_LINES]) {
      assert.ok(!text.includes(form.slice(0, 20)), `${where} has ${form}: ${text.slice(0, 9_000)}`);
    }
  }
});

/** Lets everybody in, and sends the client's secret back instead of a token. */
function sendsBack({ path, query, headers, body }: ReceivedRequest): Answer {
  if (path === "/authorize") {
    const back = new URL(query.get("redirect_uri") ?? "");
    back.searchParams.set("code", "the-code-that-was-given");
    back.searchParams.set("state", query.get("state") ?? "");
    return { status: 302, headers: { location: back.href } };
  }
  const basic = atob((headers["authorization"] ?? "").replace("Basic ", ""));
  const words = "The client could not be authenticated by what was sent, which was: ";
  const sent = path === "/token" ? `${basic} ${body}` : "";
  return { status: 400, json: { error: "invalid_client", error_description: words + sent } };
}

Deno.test("no part of a client's secret is printed or kept where a service sends it back", async () => {
  await using api = await fakeApi(sendsBack);
  await using project = await tempProject({
    ".env": `CRM_SECRET=${JWT}\n`,
    "spoor.yaml": [
      "auth:",
      "  crm:",
      `    authorize_url: ${api.origin}/authorize?`,
      `    token_url: ${api.origin}/token`,
      `    client_id: app`,
      "    client_secret: CRM_SECRET",
      "",
    ].join("\n"),
    "models/raw/pages.ts": `
      // @allow_net: ${api.host}
      // @secrets: CRM_SECRET
      import { http, save, secret } from "spoor";
      const token = http.oauth({
        tokenUrl: "${api.origin}/token", clientId: "app", clientSecret: secret("CRM_SECRET"),
      });
      await http.get("${api.origin}/", { headers: { Authorization: "Bearer " + token } });
      await save.row({ id: 1 });
    `,
  });

  const authorised = await authorize(project);
  const ran = await run(project);

  assert.equal(authorised.code, 1);
  assert.match(authorised.output, /400 invalid_client \(The client could .*which was: app:\*\*\* /);
  assertHidden(JWT, authorised.output, "printed");
  assert.ok(!authorised.output.includes("the-code-that-was-given"), authorised.output);
  const { message } = ran.model("raw.pages").error ?? {};
  assert.match(message ?? "", /400 invalid_client \(The client could .*which was: app:\*\*\* /);
  assertHidden(JWT, ran.output, "printed");
  assertHidden(JWT, await stateText(project), "kept");
});

/** A service at which models log in by themselves: its tokens are nothing that Spoor is told of. */
function logsIn({ path }: ReceivedRequest): Answer {
  if (path !== "/login") {
    return { json: { ok: true, user: { name: "Ada", "password": "p4ss-of-ada" } } };
  }
  return {
    headers: { "set-cookie": "sid=session-cookie-1; Path=/", "x-request-id": "r-1" },
    json: {
      access_token: 'access-"token\\1',
      "refresh_token": "refresh-token-1",
      id_token: "id-token-1",
      expires_in: 3600,
    },
  };
}

const OBTAINED = [
  'access-"token',
  'access-\\"token',
  "refresh-token-1",
  "id-token-1",
  "session-cookie-1",
  "p4ss-of-ada",
  "of-the-form",
  "api-key-1",
  "long-token",
];

Deno.test("tokens that a model gets by itself are not in the record, and why shows so", async () => {
  await using api = await fakeApi(logsIn);
  await using project = await tempProject({
    "models/raw/people.sql": "SELECT 1 AS id",
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      import { http, query } from "spoor";
      await query("SELECT id FROM raw.people").each(async (row) => {
        const form = { user: "ada", client_secret: "secret+of-the-form", password: "pass of-the-form" };
        const login = await http.post("${api.origin}/login", { form });
        const { access_token, refresh_token, id_token } = login.json;
        await http.post("${api.origin}/people?access_token=" + id_token + "&page=2", {
          json: { ...row, note: "kept", nested: { password: "p4ss-of-ada", pin: null } },
          headers: {
            Authorization: "Bearer " + access_token.replaceAll('"', ""),
            Cookie: "sid=" + refresh_token,
            "X-Api-Key": "api-key-1",
            "X-Trace": "trace-1",
          },
        });
        const text = JSON.stringify({ a: JSON.stringify({ access_token }) });
        await http.post("${api.origin}/in-json", { body: text });
        await http.post("${api.origin}/long", {
          json: { pad: "x".repeat(3_960), "access_token": "long-token".repeat(20) },
        });
      });
    `,
  });

  const { code, output } = await project.run("run --json");
  const why = await project.run("why sync.people 1 --json");
  const shown = await project.run("why sync.people 1 --verbose");

  assert.equal(code, 0, output);
  const sent = api.requests.find(({ path }) => path === "/people");
  assert.deepEqual(sent?.json, {
    id: 1,
    note: "kept",
    nested: { password: "p4ss-of-ada", pin: null },
  });
  assert.equal(sent?.headers["cookie"], "sid=refresh-token-1");
  const state = await stateText(project);
  for (const text of [...OBTAINED, "access-token"]) {
    assert.ok(!state.includes(text), `${text} is kept`);
    assert.ok(!(why.stdout + shown.stdout).includes(text), `${text} is shown: ${shown.stdout}`);
  }
  const rows = await project.rows("spoor.request_bodies");
  const [login, people, inJson, long] = rows.map(({ request, response }) =>
    [request, response].map((text) => JSON.parse(String(text)))
  );
  assert.equal(login?.[0].body, "user=ada&client_secret=***&password=***");
  assert.equal(login?.[1].headers["set-cookie"], "***");
  assert.equal(login?.[1].headers["x-request-id"], "r-1");
  assert.deepEqual(JSON.parse(login?.[1].body), {
    access_token: "***",
    refresh_token: "***",
    id_token: "***",
    expires_in: 3600,
  });
  const { Authorization, Cookie, "X-Api-Key": apiKey, "X-Trace": trace } = people?.[0].headers;
  assert.deepEqual([Authorization, Cookie, apiKey, trace], ["Bearer ***", "***", "***", "trace-1"]);
  assert.deepEqual(JSON.parse(people?.[0].body), {
    id: 1,
    note: "kept",
    nested: { password: "***", pin: null },
  });
  assert.deepEqual(JSON.parse(JSON.parse(inJson?.[0].body).a), { access_token: "***" });
  assert.match(long?.[0].body, /"access_token":"\*\*\*… \([\d,]+ characters\)$/);
  const urls = (await project.rows("spoor.requests")).map(({ url }) => url);
  assert.ok(urls.includes(`${api.origin}/people?access_token=***&page=2`), String(urls));
  assert.match(shown.stdout, /authorization: Bearer \*\*\*/i);
});

Deno.test("what a model got by its own login is not in the errors of its requests", async () => {
  await using api = await fakeApi(({ path }) => {
    if (path === "/none") return { drop: true };
    if (path === "/text") return { body: '{"access_token":"tok-1", oh' };
    return { status: 422, json: { id_token: "tok-2", oh: "no" } };
  });
  await using project = await tempProject({
    "models/raw/people.sql": "SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3",
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      // @retries: 0
      import { http, query } from "spoor";
      await query("SELECT id FROM raw.people").each(async ({ id }) => {
        const end = "?access_token=tok-3&page=" + id;
        if (id === 1) (await http.post("${api.origin}/text" + end)).json;
        if (id === 2) await http.post("${api.origin}/refused" + end);
        if (id === 3) await http.post("${api.origin}/none" + end);
      });
    `,
  });

  const { output } = await project.run("run");

  assert.match(output, /text\?access_token=\*\*\*&page=1 as JSON: it begins with ".*\*\*\*/);
  assert.match(output, /refused\?access_token=\*\*\*&page=2 answered 422: \{"id_token":"\*\*\*",/);
  assert.match(output, /none\?access_token=\*\*\*&page=3 failed/);
  const shown = await project.run("failures sync.people");
  assert.doesNotMatch(output + shown.output + await stateText(project), /tok-\d/);
});

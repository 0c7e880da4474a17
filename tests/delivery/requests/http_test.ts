/** Requests as a model makes them, from its code to the wire and back. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type Answer, type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { stateText } from "../../support/state_text.ts";
import {
  rowsOf,
  run,
  SEND_EACH_ROW,
  syncProject,
  type SyncRun,
} from "../../support/sync_project.ts";
import { type TempProject, tempProject } from "../../support/temp_project.ts";

const SECRET = "s3cr3t-VALUE/with+odd=chars";

/** A model that makes requests and logs what it sees. */
async function modelOf(
  api: FakeApi,
  code: string,
  directives: readonly string[] = [],
): Promise<TempProject> {
  return await tempProject({
    ".env": `API_TOKEN="${SECRET}"\n`,
    "models/raw/pages.ts": [
      ...[`allow_net: ${api.host}`, ...directives].map((line) => `// @${line}`),
      `import { http, HttpError, log, save, secret } from "spoor";`,
      `const ORIGIN = "${api.origin}";`,
      code,
    ].join("\n"),
  });
}

function logs({ events }: SyncRun): string[] {
  return events.flatMap((event) => event.type === "log" ? [event.message] : []);
}

Deno.test("params, json, form, body and upload arrive as they were meant", async () => {
  await using api = await fakeApi();
  await using project = await modelOf(
    api,
    `await http.get(ORIGIN + "/a?x=1#f", { params: { q: "ä &", list: [1, true], none: null } });
    await http.post(ORIGIN + "/json", { json: { a: 1n, b: null }, headers: { "X-Team": "crm" } });
    await http.put(ORIGIN + "/form", { form: { a: "1 2", b: 3, none: undefined } });
    await http.patch(ORIGIN + "/body", { body: "plain", headers: { "Content-Type": "text/csv" } });
    await http.delete(ORIGIN + "/gone");
    await http.upload(ORIGIN + "/upload", {
      form: { kind: "list", file: { name: 'a"b.csv', content: "id\\n1\\n", type: "text/csv" } },
    });
    await save.row({ ok: true });`,
  );

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  const [get, json, form, body, gone, upload] = api.requests;
  assert.equal(get?.query.toString(), "x=1&q=%C3%A4+%26&list=1&list=true");
  assert.deepEqual([json?.body, json?.headers["content-type"]], [
    '{"a":1,"b":null}',
    "application/json",
  ]);
  assert.equal(json?.headers["x-team"], "crm");
  assert.deepEqual([form?.method, form?.body, form?.headers["content-type"]], [
    "PUT",
    "a=1+2&b=3",
    "application/x-www-form-urlencoded",
  ]);
  assert.deepEqual([body?.body, body?.headers["content-type"]], ["plain", "text/csv"]);
  assert.equal(gone?.method, "DELETE");
  assert.match(upload?.headers["content-type"] ?? "", /^multipart\/form-data; boundary=/);
  assert.match(upload?.body ?? "", /name="file"; filename="a%22b\.csv"\r\nContent-Type: text\/csv/);
  assert.deepEqual([get?.key, json?.key === undefined], [undefined, false]);
});

Deno.test("a group whose request holds what JSON has no place for is not sent, and told where it is", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "v"], [["1", "9e999"], ["2", "-9e999"], ["3", "x'00ff'"], [
    "4",
    "4",
  ]]);

  const { sync, output } = await people.run();

  assert.deepEqual(api.requests.map(({ json }) => json), [{ id: 4, v: 4 }]);
  assert.deepEqual(sync.failures?.map(({ error }) => `${error.message} | ${error.hint}`), [
    "Cannot send json.v: JSON has no place for Infinity | Give null where there is no value.",
    "Cannot send json.v: JSON has no place for -Infinity | Give null where there is no value.",
    "Cannot send json.v: JSON has no place for bytes | " +
    "Give a text in their place: bytes.toBase64(), say.",
  ], output);
  const { saved, failed, unknown } = sync.delivery ?? {};
  assert.deepEqual([saved, failed, unknown], [1, 3, 0], output);
});

Deno.test("answers: json, text, headers, links, gzip, no content, five megabytes", async () => {
  const large = "x".repeat(5 * 2 ** 20);
  const answers: Record<string, Answer> = {
    "/json": { json: { n: 1 }, headers: { "x-rate": "9", link: '</json?page=2>; rel="next"' } },
    "/gzip": {
      body: gzipSync('{"zipped":true}'),
      headers: { "content-encoding": "gzip", "content-type": "application/json" },
    },
    "/empty": { status: 204 },
    "/large": { body: large },
    "/latin": {
      body: new Uint8Array([0xe4]),
      headers: { "content-type": "text/plain; charset=latin1" },
    },
  };
  await using api = await fakeApi(({ path }) => answers[path] ?? { status: 404 });
  await using project = await modelOf(
    api,
    `const first = await http.get(ORIGIN + "/json");
    log.info(first.status, first.ok, first.json.n, first.headers.get("X-Rate"));
    log.info(first.links.next.replace(ORIGIN, ""));
    log.info((await http.get(ORIGIN + "/gzip")).json.zipped);
    log.info((await http.get(ORIGIN + "/empty")).text.length);
    log.info((await http.get(ORIGIN + "/large")).text.length);
    log.info((await http.get(ORIGIN + "/latin")).text);
    const missing = await http.get(ORIGIN + "/missing", { throwOnError: false });
    log.info(missing.status, missing.ok);
    await save.row({ ok: true });`,
  );

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  assert.deepEqual(logs(ran), [
    "200 true 1 9",
    "/json?page=2",
    "true",
    "0",
    String(large.length),
    "ä",
    "404 false",
  ]);
});

Deno.test("errors of requests say what the server answered, and what was wrong with the call", async () => {
  const answers: Record<string, Answer> = {
    "/html": { body: "<html>" },
    "/bytes": { body: new Uint8Array([0xff, 0xfe, 0xfd]) },
    "/refused": { status: 403, json: { error: "no\n scope" } },
  };
  const cases: [code: string, message: RegExp][] = [
    [
      `(await http.get(ORIGIN + "/html")).json`,
      /^Cannot read the answer of GET .*\/html as JSON: it begins with "<html>"$/,
    ],
    [
      `(await http.get(ORIGIN + "/bytes")).text`,
      /^Cannot read the answer of GET .*\/bytes as text: it is not UTF-8$/,
    ],
    [
      `await http.post(ORIGIN + "/refused", { json: {} })`,
      /^POST http:\/\/127\.0\.0\.1:\d+\/refused answered 403: \{"error":"no\\n scope"\}$/,
    ],
    [`await http.post(ORIGIN, { json: {}, body: "" })`, /json and body/],
    [`await http.get(ORIGIN, { headers: { a: null } })`, /the header "a" is null/],
  ];
  await using api = await fakeApi(({ path }) => answers[path] ?? {});
  await using project = await modelOf(
    api,
    cases.map(([code]) => `try { ${code}; } catch (error) { log.info(error.message); }`).join("\n"),
  );

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  assert.equal(logs(ran).length, cases.length);
  for (const [index, message] of logs(ran).entries()) {
    assert.match(message, cases[index]?.[1] ?? /nothing/);
  }
});

Deno.test("a redirect to a host that is not allowed fails the model at its line, caught or not", async () => {
  await using api = await fakeApi([
    { status: 302, headers: { location: "http://127.0.0.2:9/elsewhere" } },
  ]);
  await using project = await modelOf(api, `\nawait http.get(ORIGIN + "/x").catch(() => {});`);

  const caught = await run(project);
  await project.write(
    "models/raw/pages.ts",
    (await project.read("models/raw/pages.ts")).replace(".catch(() => {})", ""),
  );
  const thrown = await run(project);

  for (const ran of [caught, thrown]) {
    assert.equal(ran.code, 1);
    assert.match(ran.model("raw.pages").error?.message ?? "", /127\.0\.0\.2:9/);
  }
  const { at } = thrown.model("raw.pages").error ?? {};
  assert.deepEqual([at?.path, at?.line], ["models/raw/pages.ts", 5]);
});

Deno.test("a write that is sent to a page to log in at was not accepted", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/login"
      ? { body: "<h1>Log in</h1>" }
      : { status: 302, headers: { location: "/login" } }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(2));

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(output, /id = 1: POST http\S+\/people\/1 answered 302/);
  assert.match(output, /hint: It leads to "\/login", to be read by GET/);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1", "/people/2"]);
  const states = people.project.rows(`SELECT state FROM "spoor.ledger"`);
  assert.deepEqual(states.map(({ state }) => state), ["failed", "failed"]);
});

Deno.test("a redirect on the same host is followed", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/old" ? { status: 307, headers: { location: "/new" } } : { json: { path } }
  );
  await using project = await modelOf(
    api,
    `log.info((await http.post(ORIGIN + "/old", { json: { a: 1 } })).json.path);`,
  );

  const ran = await run(project);

  assert.deepEqual(logs(ran), ["/new"]);
  assert.deepEqual(api.requests.map(({ method, body }) => [method, body]), [
    ["POST", '{"a":1}'],
    ["POST", '{"a":1}'],
  ]);
});

Deno.test("a secret reaches the server and nothing else", async () => {
  await using api = await fakeApi(({ headers, query, body }) => ({
    status: 418,
    headers: { "x-echo": headers["authorization"] ?? "" },
    json: { saw: [headers["authorization"], query.get("key"), body] },
  }));
  await using project = await modelOf(
    api,
    `const token = secret("API_TOKEN");
    log.info("token", token);
    const answer = await http.post(ORIGIN + "/x", {
      headers: { Authorization: "Bearer " + token },
      params: { key: token },
      json: { token },
      throwOnError: false,
    });
    log.info("answer", answer.text, answer.headers.get("x-echo"), answer.url);
    await save.row({ token, echo: answer.text });
    await http.post(ORIGIN + "/x", { params: { key: token }, json: { token }, headers: { Authorization: token } });`,
    ["secrets: API_TOKEN"],
  );

  const ran = await run(project);

  assert.equal(ran.code, 1);
  const [first] = api.requests;
  assert.equal(first?.headers["authorization"], `Bearer ${SECRET}`);
  assert.equal(first?.query.get("key"), SECRET);
  assert.deepEqual(first?.json, { token: SECRET });
  assert.match(ran.model("raw.pages").error?.message ?? "", /answered 418/);
  const shown = [SECRET, encodeURIComponent(SECRET), "s3cr3t-VALUE"];
  for (const form of shown) assert.ok(!ran.output.includes(form), `printed: ${ran.output}`);
  assert.ok(!/spoor-secret-API_TOKEN/.test(ran.output), "not the stand-in either");
  const kept = await stateText(project);
  for (const form of shown) assert.ok(!kept.includes(form), `${form} is kept`);
});

Deno.test("a group that fails keeps no secret in the state", async () => {
  await using api = await fakeApi(({ headers }) => ({
    status: 400,
    json: { got: headers["authorization"] },
  }));
  await using project = await tempProject({
    ".env": `API_TOKEN="${SECRET}"\n`,
    "models/raw/people.sql": "SELECT 1 AS id",
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      // @secrets: API_TOKEN
      import { http, query, secret } from "spoor";
      await query("SELECT id FROM raw.people").each(async (row) => {
        await http.post("${api.origin}/" + secret("API_TOKEN"), {
          headers: { Authorization: secret("API_TOKEN") },
        });
      });
    `,
  });

  const ran = await run(project);

  assert.equal(ran.sync.delivery?.failed, 1);
  assert.equal(api.requests[0]?.headers["authorization"], SECRET);
  assert.ok(!ran.output.includes("s3cr3t"), ran.output);
  assert.ok(!(await stateText(project)).includes("s3cr3t"), "it is kept");
});

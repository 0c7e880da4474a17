import assert from "node:assert/strict";
import type { EgressError } from "~/sandbox/protocol.ts";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";
import { parseLinks } from "./parse_links.ts";

const text = (body: string) => new TextEncoder().encode(body);
const run = (code: string, host: TestHost = {}) =>
  runGuest(`import { http, HttpError, log, query, save, secret } from "spoor";\n${code}`, host);

Deno.test("http encodes URL parameters, headers and bodies", async () => {
  const { requests, error } = await run(`
    const url = "https://a.test/p?x=1#frag";
    await http.get(url, { params: { a: "b c", n: 1, no: null, list: [1, 2] }, headers: { "X-A": 1 } });
    await http.post(url, { json: { a: [1, null], big: 12345678901234567890n } });
    await http.put(new URL("https://a.test/q"), { form: { a: "b&c", n: 1 } });
    await http.patch(url, { body: "raw", headers: { "Content-Type": "text/csv" }, timeout: "2s", retries: 0 });
    await http.delete(url, { body: new Uint8Array([1, 2]), timeout: 500 });
    await http.head(url);
    await http.post(url, { json: "x", headers: new Headers({ "content-type": "application/vnd.api+json" }) });`);

  assert.equal(error, undefined);
  assert.deepEqual(
    requests.map(({ method, url, headers, body, timeoutMs, retries }) => ({
      method,
      url,
      headers,
      body,
      timeoutMs,
      retries,
    })),
    [
      {
        method: "GET",
        url: "https://a.test/p?x=1&a=b+c&n=1&list=1&list=2#frag",
        headers: [["X-A", "1"]],
        body: null,
        timeoutMs: 30_000,
        retries: 5,
      },
      {
        method: "POST",
        url: "https://a.test/p?x=1#frag",
        headers: [["content-type", "application/json"]],
        body: '{"a":[1,null],"big":12345678901234567890}',
        timeoutMs: 30_000,
        retries: 5,
      },
      {
        method: "PUT",
        url: "https://a.test/q",
        headers: [["content-type", "application/x-www-form-urlencoded"]],
        body: "a=b%26c&n=1",
        timeoutMs: 30_000,
        retries: 5,
      },
      {
        method: "PATCH",
        url: "https://a.test/p?x=1#frag",
        headers: [["Content-Type", "text/csv"]],
        body: "raw",
        timeoutMs: 2_000,
        retries: 0,
      },
      {
        method: "DELETE",
        url: "https://a.test/p?x=1#frag",
        headers: [],
        body: new Uint8Array([1, 2]),
        timeoutMs: 500,
        retries: 5,
      },
      {
        method: "HEAD",
        url: "https://a.test/p?x=1#frag",
        headers: [],
        body: null,
        timeoutMs: 30_000,
        retries: 5,
      },
      {
        method: "POST",
        url: "https://a.test/p?x=1#frag",
        headers: [["content-type", "application/vnd.api+json"]],
        body: '"x"',
        timeoutMs: 30_000,
        retries: 5,
      },
    ],
  );
});

Deno.test("http.upload sends a form with files", async () => {
  const { requests, error } = await run(
    `import { files } from "spoor";
    const [file] = await files("*");
    await http.upload("https://a.test/up", {
      form: { title: "a", file, text: { name: 'q".csv', content: "x,y", type: "text/csv" }, blob: new Blob(["z"]), no: null },
    });`,
    { files: { "in/a.bin": new Uint8Array([255, 0]) } },
  );

  assert.equal(error, undefined);
  const type = requests[0]?.headers[0]?.[1] ?? "";
  const body = requests[0]?.body as Uint8Array<ArrayBuffer>;
  const form = await new Response(body, { headers: { "content-type": type } }).formData();
  assert.equal(form.get("title"), "a");
  const file = form.get("file") as File;
  assert.deepEqual([file.name, [...await file.bytes()]], ["a.bin", [255, 0]]);
  const csv = form.get("text") as File;
  assert.deepEqual([csv.type, await csv.text()], ["text/csv", "x,y"]);
  assert.deepEqual([...form.keys()], ["title", "file", "text", "blob"]);
});

Deno.test("an answer has status, headers, links, text and JSON", async () => {
  const { logs, error } = await run(
    `const answer = await http.get("https://a.test/p");
    log.info(answer.status, answer.ok, answer.url, answer.headers.get("X-Total"), answer.links.next, answer.json, answer.text);`,
    {
      respond: () => ({
        status: 201,
        headers: [["x-total", "9"], ["link", '</p?page=2>; rel="next"']],
        body: text(`{"id":7}`),
      }),
    },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    'info: 201 true https://a.test/p 9 https://a.test/p?page=2 { id: 7 } {"id":7}',
  ]);
});

Deno.test("as JSON an answer and its error have their status", async () => {
  const { logs } = await run(
    `const answer = await http.get("https://a.test/p", { throwOnError: false });
    const error = await http.get("https://a.test/p").catch((error) => error);
    log.info(JSON.stringify([answer, error]));`,
    { respond: () => ({ status: 422, body: text("no") }) },
  );

  const answer = { url: "https://a.test/p", status: 422 };
  const message = "GET https://a.test/p answered 422: no";
  assert.equal(
    logs[0],
    `info: ${JSON.stringify([answer, { name: "HttpError", message, status: 422 }])}`,
  );
});

Deno.test("parseLinks() reads several links, several relations and odd commas", () => {
  const links = parseLinks(
    '<https://b.test/?a=1,2>; title="x, y"; rel="next last", <c>; rel=prev',
    "https://a.test/d/",
  );

  assert.deepEqual({ ...links }, {
    next: "https://b.test/?a=1,2",
    last: "https://b.test/?a=1,2",
    prev: "https://a.test/d/c",
  });
});

Deno.test("parseLinks() reads the beginning of a header that never ends, each character once", () => {
  const open = "<".repeat(5_000_000);
  assert.deepEqual({ ...parseLinks(open, "https://a.test/") }, {});
  const links = parseLinks(`<?page=2>; rel=next, ${open}<?page=9>; rel=last`, "https://a.test/");
  assert.deepEqual({ ...links }, { next: "https://a.test/?page=2" });
  const within = parseLinks("<".repeat(10_000) + "?page=2>; rel=next", "https://a.test/");
  assert.deepEqual({ ...within }, { next: "https://a.test/?page=2" });
});

Deno.test("a status outside of 200-299 throws an HttpError, and not with throwOnError: false", async () => {
  const { logs, error } = await run(
    `const answer = await http.get("https://a.test/p", { throwOnError: false });
    log.info(answer.status, answer.ok);
    const error = await http.get("https://a.test/p?key=" + secret("KEY")).catch((error) => error);
    log.info(error instanceof HttpError, error instanceof Error, error.status, error.response.text.length);
    log.info(error.message.length);
    throw error;`,
    {
      secrets: { KEY: "stand-in+1" },
      respond: () => ({ status: 422, body: text(`{"message":\n  "no such ${"x".repeat(300)}"}`) }),
    },
  );

  assert.deepEqual(logs.slice(0, 2), ["info: 422 false", "info: true true 422 325"]);
  assert.match(
    error?.message ?? "",
    /^GET https:\/\/a\.test\/p\?key=\[KEY\] answered 422: {"message": "no such x+…$/,
  );
  assert.equal(error?.at?.line, 4);
});

Deno.test("an answer that is not waited for any longer says why in its error's hint", async () => {
  const note = "The server asks to wait 1 h 0 m (Retry-After), longer than a run waits";
  const { error } = await run(`await http.get("https://a.test/");`, {
    respond: () => ({ status: 503, note }),
  });
  assert.equal(error?.message, "GET https://a.test/ answered 503");
  assert.equal(error?.hint, note);
});

Deno.test("a request without an answer throws an HttpError with status 0", async () => {
  const error: EgressError = {
    kind: "timeout",
    message: "no answer within 30 s",
    hint: "Raise @timeout.",
  };
  const { error: failed, logs } = await run(
    `await http.get("https://a.test/").catch((e) => log.info(e instanceof HttpError, e.status, e.response));
    await http.get("https://a.test/");`,
    { respond: () => ({ error }) },
  );

  assert.deepEqual(logs, ["info: true 0 undefined"]);
  assert.equal(failed?.message, "GET https://a.test/ failed: no answer within 30 s");
  assert.equal(failed?.hint, "Raise @timeout.");
});

Deno.test("a refused host ends each with the directive that would allow it", async () => {
  const error: EgressError = {
    kind: "denied",
    message: "Cannot reach b.test",
    hint: "Add it to @allow_net.",
  };
  const { error: failed, failedGroups } = await run(
    `await query("a").each(() => http.get("https://b.test/"));`,
    {
      kind: "tracked",
      uniqueKey: ["id"],
      rows: [{ id: 1 }, { id: 2 }],
      respond: () => ({ error }),
    },
  );

  assert.equal(failed?.message, "Cannot reach b.test");
  assert.equal(failed?.hint, "Add it to @allow_net.");
  assert.equal(failed?.at?.line, 2);
  assert.deepEqual(failedGroups, []);
});

Deno.test("an answer that is no JSON, or no text, says so", async () => {
  let body = text("<html>oops");
  const message = async () =>
    (await run(`(await http.get("https://a.test/")).json;`, { respond: () => ({ body }) })).error
      ?.message;

  assert.equal(
    await message(),
    'Cannot read the answer of GET https://a.test/ as JSON: it begins with "<html>oops"',
  );
  body = text("");
  assert.equal(
    await message(),
    "Cannot read the answer of GET https://a.test/ as JSON: it is empty",
  );
  body = new Uint8Array([0xff]);
  assert.equal(
    await message(),
    "Cannot read the answer of GET https://a.test/ as text: it is not UTF-8",
  );
});

Deno.test("an option that is none is refused, and nothing is sent", async () => {
  const call = async (code: string) => {
    const { error, requests } = await run(`await http.${code};`);
    assert.equal(requests.length, 0, code);
    return `${error?.message} | ${error?.hint}`;
  };
  const give =
    "Give the URL and one object: { json: … }, { form: … } or { body: … }, and headers beside it.";

  assert.equal(
    await call(`post("https://a.test/", { id: 1, email: "a@b.test" })`),
    `Cannot call http.post: "id" is not one of its options | ${give}`,
  );
  assert.equal(
    await call(`get("https://a.test/", { header: { a: 1 } })`),
    `Cannot call http.get: "header" is not one of its options | Did you mean "headers"?`,
  );
  assert.equal(
    await call(`put("https://a.test/", "text")`),
    `Cannot call http.put with a string for its options | ${give}`,
  );
  for (const body of [`new URLSearchParams({ id: "1" })`, "new Map([[1, 2]])", "new Headers()"]) {
    assert.equal(
      await call(`post("https://a.test/", ${body})`),
      `Cannot call http.post with an object for its options | ${give}`,
    );
  }
  assert.match(
    await call(`upload("https://a.test/", { form: {}, json: 1 })`),
    /^Cannot call http.upload: "json"/,
  );
});

Deno.test("what JSON has no place for is refused with its place, and nothing is sent", async () => {
  const refused = async (json: string) => {
    const { error, requests } = await run(`await http.post("https://a.test/", { json: ${json} });`);
    assert.equal(requests.length, 0, json);
    return error?.message;
  };

  for (
    const [json, place, what] of [
      ["NaN", "", "NaN"],
      ["{ a: { b: [0, -Infinity] } }", ".a.b[1]", "-Infinity"],
      ["[{ 'a b': new Uint8Array(2) }]", '[0]["a b"]', "bytes"],
      ["{ a: new ArrayBuffer(2) }", ".a", "bytes"],
      ["{ a: [1, undefined] }", ".a[1]", "undefined"],
      ["{ a: new Map([[1, 2]]) }", ".a", "a Map"],
      ["new Set([1])", "", "a Set"],
      ["{ a: [() => 1] }", ".a[0]", "a function"],
      ["() => 1", "", "a function"],
      ["[Symbol()]", "[0]", "a symbol"],
      ["{ a: new Date(NaN) }", ".a", "a Date without a time"],
      ["{ a: Promise.resolve(1) }", ".a", "a promise"],
      [`query("a")`, "", "a promise"],
      ["{ a: { toJSON: () => ({ b: NaN }) } }", ".b", "NaN"],
      ['{ "": NaN }', '[""]', "NaN"],
    ] as const
  ) {
    assert.equal(await refused(json), `Cannot send json${place}: JSON has no place for ${what}`);
  }
});

Deno.test("JSON is sent as JSON.stringify has it, with integers of any length", async () => {
  const { requests, error } = await run(`
    class Person { name = "Ada"; none = undefined; get shown() { return 1; } }
    const at = new Date(0);
    await http.post("https://a.test/", { json: { at, none: undefined, save() {}, list: [null, new Person(), 2n ** 64n] } });
    await http.post("https://a.test/", { json: null });
    await http.post("https://a.test/", { json: undefined });`);

  assert.equal(error, undefined);
  assert.deepEqual(requests.map(({ body }) => body), [
    '{"at":"1970-01-01T00:00:00.000Z","list":[null,{"name":"Ada"},18446744073709551616]}',
    "null",
    null,
  ]);
});

Deno.test("a request has one body", async () => {
  const { error } = await run(`await http.post("https://a.test/", { json: 1, body: "x" });`);

  assert.equal(
    error?.message,
    "Cannot send json and body in one request: a request has one body",
  );
});

Deno.test("requests inside each belong to their group, across every await", async () => {
  const rows = Array.from({ length: 6 }, (_, id) => ({ id }));
  const { requests } = await run(
    `await query("a").each(async (row) => {
      await http.post("https://a.test/" + row.id);
      await new Promise((resolve) => setTimeout(resolve, 5 - row.id));
      await Promise.all([http.post("https://a.test/" + row.id), Promise.resolve().then(() => http.post("https://a.test/" + row.id))]);
    });`,
    { kind: "tracked", uniqueKey: ["id"], rows, concurrency: 4 },
  );

  const seen = requests.map(({ url, groups }) => [url.slice(-1), ...groups].join());
  const wanted = rows.flatMap(({ id }) => Array.from({ length: 3 }, () => [id, id + 1].join()));
  assert.deepEqual(seen.sort(), wanted.sort());
});

Deno.test("requests in plain loops belong to what was yielded last, and to nothing afterwards", async () => {
  const rows = [{ id: 1, n: 1 }, { id: 1, n: 2 }, { id: 2, n: 1 }];
  const attributed = async (code: string) =>
    (await run(code, { kind: "tracked", uniqueKey: ["id"], rows })).requests.map(({ groups }) =>
      groups
    );

  assert.deepEqual(
    await attributed(
      `for await (const row of query("a")) await http.post("https://a.test/"); await http.post("https://a.test/");`,
    ),
    [[1], [1], [2], []],
  );
  assert.deepEqual(
    await attributed(
      `for await (const group of query("a").groups()) await http.post("https://a.test/");`,
    ),
    [[1], [2]],
  );
  assert.deepEqual(
    await attributed(
      `for await (const batch of query("a").batches(5)) { await http.post("https://a.test/"); break; } await http.get("https://a.test/");`,
    ),
    [[1, 2], []],
  );
  assert.deepEqual(
    await attributed(
      `await query("a").batches(5, () => http.post("https://a.test/").then(() => {}));`,
    ),
    [[1, 2]],
  );
});

Deno.test("what one turn of the event loop sends goes out together", async () => {
  const rows = Array.from({ length: 64 }, (_, id) => ({ id }));
  const { posts } = await run(
    `await query("a").each(() => http.post("https://a.test/").then(() => {}));`,
    {
      kind: "tracked",
      uniqueKey: ["id"],
      rows,
      concurrency: 64,
    },
  );

  assert.ok(posts < 140, `${posts} posts`);
});

Deno.test("a response that came as text has the same bytes, text and JSON as one of bytes", async () => {
  const bodies = ["", '{"a":"ö"}', '\ufeff{"a":1}', "Ã¶ as Latin-1 sees ö"];
  const types = [[], [["content-type", "text/plain; charset=iso-8859-1"] as const]];
  const code = `for (let index = 0; index < ${bodies.length}; index++) {
    const response = await http.get("https://a.test/" + index);
    let json = "none";
    try { json = response.json; } catch (error) { json = error.message; }
    log.info(JSON.stringify([[...response.bytes], response.text, json]));
  }`;
  for (const headers of types) {
    const runs = [(body: string) => body, text].map((bodyOf) =>
      run(code, {
        respond: ({ url }) => ({ headers, body: bodyOf(bodies[Number(url.at(-1))] ?? "") }),
      })
    );
    const [asText, asBytes] = await Promise.all(runs);
    assert.equal(asText?.error, undefined);
    assert.equal(asText?.logs.length, bodies.length);
    assert.deepEqual(asText?.logs, asBytes?.logs);
  }
});

Deno.test("requests in what map() calls belong to its row; in loops over arrays, to the rows that they hold", async () => {
  const rows = [{ id: 1, n: 1 }, { id: 1, n: 2 }, { id: 2, n: 1 }, { id: 3, n: 1 }];
  const attributed = async (code: string) => {
    const { error, requests } = await run(
      `const rows = await query("a"); const post = (json) => http.post("https://a.test/", { json });\n${code}`,
      { kind: "tracked", uniqueKey: ["id"], rows },
    );
    assert.equal(error, undefined);
    return requests.map(({ groups }) => groups.join());
  };

  assert.deepEqual(
    await attributed(`await Promise.all(rows.map(() => post())); await post();`),
    ["1", "1", "2", "3", ""],
  );
  assert.deepEqual(
    await attributed(
      `await Promise.all(rows.slice(2, 3).map(async () => {
        await Promise.resolve();
        await Promise.all(rows.toReversed().filter(({ id }) => id === 3).map(() => post()));
        await post();
      }));
      await post();`,
    ),
    ["3", "2", ""],
  );
  assert.deepEqual(
    await attributed(
      `const work = async () => { for (const row of rows.slice(2)) { await post(); await post(row); } };
      const working = work();
      await post("beside");
      await working;`,
    ),
    ["", "", "2", "", "3"],
    "nothing beside a loop is taken for a part of it",
  );
  assert.deepEqual(
    await attributed(
      `const [a, , b, c] = rows;
      await post(a); await post({ ...a }); await post([b, c]); await post({ x: { y: [{ z: c }, b] } });
      await post({ a, again: a });
      await http.put("https://a.test/", { form: c });
      await http.get("https://a.test/", { params: b });
      await http.upload("https://a.test/", { form: { name: "x" } });
      const self = [b]; self.push({ toJSON: () => 1, self });
      await post(self);`,
    ),
    ["1", "", "2,3", "2,3", "1", "3", "", "", "2"],
  );
  assert.deepEqual(
    await attributed(
      `await save.row(rows[2]); await post([rows[2], rows[3]]); await post(rows[2]); await post(rows);`,
    ),
    ["2,3", "2", "1,2,3"],
    "the host drops what has ended, and counts it",
  );
});

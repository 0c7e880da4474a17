/**
 * Answers that break at each of their bytes, that are no HTTP at all, and that lead where the model may not go.
 *
 * @module
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { run } from "../support/sync_project.ts";
import { type ProjectFiles, type TempProject, tempProject } from "../support/temp_project.ts";
import { answer } from "./answers.ts";
import { type RawServer, rawServer, type Script } from "./raw_server.ts";

interface Broken {
  name: string;
  script: Script;
  end: "accepted" | "failed" | "unknown";
}

const encoder = new TextEncoder();

/** An answer cut off before each of its bytes, and whole; `headEnd`: from there on its status holds. */
function cutEverywhere(name: string, head: string, body: Uint8Array): Broken[] {
  const headBytes = encoder.encode(head);
  const whole = new Uint8Array([...headBytes, ...body]);
  return Array.from({ length: whole.length + 1 }, (_, bytes): Broken => {
    const isOver = bytes === whole.length;
    const isRefused = name.startsWith("422") && bytes >= headBytes.length;
    const known = name.startsWith("422") ? "failed" : "accepted";
    return {
      name: `${name} after ${bytes} of ${whole.length} bytes`,
      script: [whole.slice(0, bytes)],
      end: isOver || isRefused ? known : "unknown",
    };
  });
}

const JSON_BODY = encoder.encode(`{"id":"far-1"}`);
const ZIPPED = new Uint8Array(gzipSync(JSON_BODY));

const CUTS: readonly Broken[] = [
  ...cutEverywhere(
    "200 with a length",
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${JSON_BODY.length}\r\n\r\n`,
    JSON_BODY,
  ),
  ...cutEverywhere(
    "200 in chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    encoder.encode(`7\r\n{"id":"\r\n7\r\nfar-1"}\r\n0\r\n\r\n`),
  ),
  ...cutEverywhere(
    "200 zipped",
    `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${ZIPPED.length}\r\n\r\n`,
    ZIPPED,
  ),
  ...cutEverywhere(
    "422 with a length",
    `HTTP/1.1 422 No\r\nContent-Length: ${JSON_BODY.length}\r\n\r\n`,
    JSON_BODY,
  ),
];

/** What no server should send. */
const NONSENSE: readonly Broken[] = [
  ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n", "unknown"],
  ["another protocol's answer", "220 mail.example ESMTP\r\n", "unknown"],
  ["a status that is none", "HTTP/1.1 abc OK\r\n\r\n", "unknown"],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}", "unknown"],
  [
    "two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "unknown",
  ],
  ["a header without colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "unknown"],
  [
    "a chunk without size",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "unknown",
  ],
  ["headers without end", `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(2_000)}`, "unknown"],
  ["zero bytes", "\0".repeat(100), "unknown"],
  ["a body without length", `HTTP/1.1 200 OK\r\n\r\n{"id":1}`, "accepted"],
  [
    "an early hint",
    "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "accepted",
  ],
].map(([name = "", text = "", end]) => ({ name, script: [text], end: end as Broken["end"] }));

const BROKEN = [...CUTS, ...NONSENSE];

Deno.test("an answer that breaks leaves its group unknown, at whatever byte; a refusal is one", async () => {
  await using server = rawServer(({ path }) => {
    const index = Number(path.split("/").at(-1));
    // Each second request is answered well: a far side that is down would stop the model.
    return index % 2 === 1 ? answer(200, [], "json") : BROKEN[index / 2]?.script ?? [];
  });
  await using project = await tempProject(filesOf(server, ["retries: 0", "concurrency: 8"]));

  const first = await run(project);

  assert.equal(first.code, 1);
  assert.deepEqual(endsOf(project), Object.fromEntries(BROKEN.map(({ name, end }) => [name, end])));
  assert.equal(server.requests.length, 2 * BROKEN.length, "each was sent once");
  const accepted = BROKEN.length + BROKEN.filter(({ end }) => end === "accepted").length;
  assert.equal(first.sync.delivery?.saved, accepted, "and no neighbour was harmed");

  const keys = new Map(server.requests.map(({ path, key }) => [path, key]));
  server.requests = [];
  server.respond = () => answer(200, [], "json");
  const second = await run(project);

  assert.equal(second.code, 0, second.output);
  assert.equal(server.requests.length, 2 * BROKEN.length - accepted);
  for (const { path, key } of server.requests) assert.equal(key, keys.get(path), path);
});

Deno.test("a redirect to a host that is not allowed fails the model; nothing goes there, nothing counts as sent", async () => {
  await using elsewhere = rawServer(() => answer(200, [], "json"));
  for (const status of [307, 308]) {
    await using server = redirecting(status, elsewhere);
    await using project = await tempProject(filesOf(server, ["retries: 1"]));

    const ran = await run(project);

    assert.equal(ran.code, 1);
    assert.match(ran.sync.error?.message ?? "", /it is not in @allow_net/);
    assert.equal(server.requests.length, 3, "the model ends there");
    const { delivery } = ran.sync;
    assert.deepEqual([delivery?.saved, delivery?.failed, delivery?.unknown], [2, 1, 0]);
    assert.equal(delivery?.left, 2 * BROKEN.length - 3);
    assert.deepEqual(project.rows("spoor.ledger").map((row) => [row.group_key, row.state]), [
      ["[2]", "failed"],
    ]);
  }
  assert.equal(elsewhere.requests.length, 0);
});

Deno.test("a redirect that would make a GET of a write fails its group, wherever it leads", async () => {
  await using elsewhere = rawServer(() => answer(200, [], "json"));
  for (const status of [301, 302, 303]) {
    await using server = redirecting(status, elsewhere);
    await using project = await tempProject(filesOf(server, ["retries: 1"], 5));

    const ran = await run(project);

    assert.equal(ran.code, 1);
    assert.equal(server.requests.length, 5);
    const { delivery } = ran.sync;
    assert.deepEqual([delivery?.saved, delivery?.failed, delivery?.unknown], [4, 1, 0]);
    const [entry] = project.rows("spoor.ledger");
    assert.deepEqual([entry?.group_key, entry?.state], ["[2]", "failed"]);
    assert.match(String(entry?.error), new RegExp(`answered ${status}`));
  }
  assert.equal(elsewhere.requests.length, 0);
});

/** Takes all but `/2`, which it sends elsewhere. */
function redirecting(status: number, elsewhere: RawServer): RawServer {
  return rawServer(({ path }) =>
    path.endsWith("/2")
      ? answer(status, [`Location: ${elsewhere.origin}/stolen`], "json")
      : answer(200, [], "json")
  );
}

function filesOf(
  server: RawServer,
  directives: readonly string[],
  rows = 2 * BROKEN.length,
): ProjectFiles {
  return {
    "models/raw/cells.sql": `
      SELECT value AS id FROM json_each('${JSON.stringify([...Array(rows).keys()])}')
    `,
    "models/sync/people.ts": [
      "kind: tracked",
      "unique_key: id",
      `allow_net: ${server.host}`,
      "timeout: 10s",
      ...directives,
    ].map((line) => `// @${line}\n`).join("") + `
      import { http, query } from "spoor";
      await query("SELECT id FROM raw.cells ORDER BY id").each(async (row) => {
        await http.post("${server.origin}/" + row.id, { json: row });
      });
    `,
  };
}

function endsOf(project: TempProject): Record<string, string> {
  const accepted = project.rows("sync.people").map(({ id }) => [Number(id), "accepted"] as const);
  const waiting = project.rows("spoor.ledger").map(({ group_key: key, state }) =>
    [(JSON.parse(String(key)) as number[])[0] ?? -1, String(state)] as const
  );
  return Object.fromEntries(
    [...accepted, ...waiting].toSorted(([a], [b]) => a - b)
      .filter(([id]) => id % 2 === 0)
      .map(([id, end]) => [BROKEN[id / 2]?.name ?? id, end]),
  );
}

/**
 * A connection that is kept for the next request, and breaks under it when it has arrived: by itself the runtime
 * would send the request once more, and nobody would know (denoland/deno#35610).
 *
 * @module
 */
import assert from "node:assert/strict";
import { run } from "../support/sync_project.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { type RawRequest, type RawServer, rawServer, type Script } from "./raw_server.ts";

/** An answer after which the connection is kept. */
function kept(status: number): Script {
  return [`HTTP/1.1 ${status} Whatever\r\nContent-Length: 2\r\n\r\n{}`, "keep"];
}

/** Takes the second request of each connection, and breaks it. */
function breakingEachSecond(): RawServer {
  return rawServer(({ before }) => before === 1 ? [] : kept(200));
}

async function projectOf(
  server: RawServer,
  directives: readonly string[],
  sending: string,
): Promise<TempProject> {
  const project = await tempProject({
    "models/sync/people.ts": ["kind: tracked", "unique_key: id", `allow_net: ${server.host}`]
      .concat(directives).map((line) => `// @${line}\n`).join("") + `
      import { http, query } from "spoor";
      const ORIGIN = "${server.origin}";
      await query("SELECT * FROM raw.people ORDER BY id").each(async (row) => { ${sending} });
    `,
  });
  await setNames(project, "A", 6);
  return project;
}

async function setNames(project: TempProject, name: string, count: number): Promise<void> {
  await project.write(
    "models/raw/people.sql",
    `SELECT value AS id, '${name}' AS name
     FROM json_each('${JSON.stringify(Array.from({ length: count }, (_, index) => index))}')`,
  );
}

const WAYS: Readonly<Record<string, string>> = {
  "with a body": "await http.put(ORIGIN + '/' + row.id, { json: row });",
  "without a body": "await http.delete(ORIGIN + '/' + row.id);",
  "with an empty body": "await http.patch(ORIGIN + '/' + row.id, { body: '' });",
};

for (const [what, sending] of Object.entries(WAYS)) {
  Deno.test(`a write ${what} arrives as often as its record says`, async () => {
    await using server = breakingEachSecond();
    await using project = await projectOf(server, [], sending);

    const ran = await run(project);

    assert.equal(ran.sync.delivery?.saved, 6, ran.output);
    assert.equal(server.requests.length, triesOf(project));
  });
}

Deno.test("what is limited, reads too, arrives as often as its record says", async () => {
  await using server = breakingEachSecond();
  const sending = `
    for (let read = 0; read < 2; read++) await http.get(ORIGIN + "/" + row.id);
    await http.post(ORIGIN + "/" + row.id, { json: row });
  `;
  await using project = await projectOf(server, ["rate_limit: 100/1s"], sending);

  const ran = await run(project);

  assert.equal(ran.sync.delivery?.saved, 6, ran.output);
  assert.equal(server.requests.length, triesOf(project));
  assert.deepEqual([...new Set(server.requests.map(({ method }) => method))], ["GET", "POST"]);
});

for (const directive of ["delivery: at_most_once", "retries: 0"]) {
  Deno.test(`with @${directive} no write meets a connection that breaks after its first request`, async () => {
    await using server = breakingEachSecond();
    await using project = await projectOf(server, [directive], WAYS["with a body"] ?? "");

    const ran = await run(project);

    assert.equal(ran.sync.delivery?.saved, 6, ran.output);
    assert.equal(server.requests.length, 6);
  });
}

Deno.test("a write that was taken, and refused when it came again, has moved its group", async () => {
  await using far = keepingFarSide();
  await using project = await projectOf(far.server, [], WAYS["with a body"] ?? "");
  await setNames(project, "A", 2);
  await run(project);
  await setNames(project, "B", 2);
  const changed = await run(project);
  assert.ok([...far.held.values()].includes("B"), changed.output);

  await setNames(project, "A", 2);
  const back = await run(project);

  assert.deepEqual([changed.code, back.code], [1, 0], back.output);
  assert.deepEqual([...far.held.values()], ["A", "A"]);
});

Deno.test("a write is framed by its length, whatever it holds", async () => {
  await using server = rawServer(() => kept(200));
  const bodies = [
    "{ json: row }",
    "{ body: 'ü' }",
    "{ body: new Uint8Array(200_000).fill(65) }",
    "{}",
  ];
  const sending = bodies.map((body) => `await http.post(ORIGIN, ${body});`).join("\n");
  await using project = await projectOf(server, [], sending);
  await setNames(project, "A", 1);

  const ran = await run(project);

  assert.equal(ran.code, 0, ran.output);
  const framed = server.requests.map(({ head, body }) => [
    /^content-length: (\d+)/im.exec(head)?.[1],
    body.length,
    /^content-type: (.*?)\r?$/im.exec(head)?.[1],
  ]);
  assert.deepEqual(framed, [
    ["19", 19, "application/json"],
    ["2", 2, "text/plain;charset=UTF-8"],
    ["200000", 200_000, undefined],
    ["0", 0, undefined],
  ]);
});

/** Tries that the record has. */
function triesOf(project: TempProject): number {
  const [row] = project.rows(`SELECT sum(attempts) AS tries FROM "spoor.requests"`);
  return Number(row?.tries);
}

/** Keeps what it is sent. A `B` on a kept connection is taken, and the connection breaks; again it is refused. */
function keepingFarSide(): AsyncDisposable & { server: RawServer; held: Map<string, string> } {
  const held = new Map<string, string>();
  const respond = ({ path, body, before }: RawRequest): Script => {
    const { name } = JSON.parse(body) as { name: string };
    if (name === "B" && held.get(path) === "B") return kept(409);
    held.set(path, name);
    return name === "B" && before > 0 ? [] : kept(200);
  };
  const server = rawServer(respond);
  return { server, held, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/**
 * A far side that answers before it has read: what it says of a request that has not left whole.
 *
 * @module
 */
import assert from "node:assert/strict";
import { run } from "../support/sync_project.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { serveConnections } from "./serve_connections.ts";

/** More than connections and runtime hold. */
const BODY_BYTES = 24 * 2 ** 20;
const ROWS = 3;

/** What a far side does once it has answered the head of a request. */
type Then = "reads on" | "closes" | "reads no more";

interface EarlyServer extends AsyncDisposable {
  host: string;
  /** Bodies that came whole. */
  whole: number;
  /** Heads that came. */
  heads: number;
  /** Resolves when what was sent has been read, and the other side has hung up. */
  settled(): Promise<unknown>;
}

function earlyServer(status: number, then: Then): EarlyServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server: EarlyServer = {
    host: `127.0.0.1:${listener.addr.port}`,
    whole: 0,
    heads: 0,
    settled: () => serving.ended(),
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
  const serving = serveConnections(
    listener,
    (connection) => serve(connection, status, then, server),
  );
  return server;
}

async function serve(
  connection: Deno.Conn,
  status: number,
  then: Then,
  server: EarlyServer,
): Promise<void> {
  const buffer = new Uint8Array(64 * 1_024);
  const answer = new TextEncoder().encode(`HTTP/1.1 ${status} So\r\nContent-Length: 2\r\n\r\n{}`);
  let text = "";
  while (true) {
    const read = await connection.read(buffer);
    if (read === null) return;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, read));
    const head = text.indexOf("\r\n\r\n");
    if (head < 0) continue;
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
    server.heads++;
    await connection.write(answer);
    if (then === "closes") return await connection.closeWrite();
    if (then === "reads no more") return;
    for (let got = text.length - head - 4; got < length;) {
      const more = await connection.read(buffer);
      if (more === null) return;
      got += more;
      // A link slower than the loopback one.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    server.whole++;
    text = "";
  }
}

function projectOf(server: EarlyServer, directives: readonly string[]): Promise<TempProject> {
  return tempProject({
    "models/raw/people.sql": `SELECT value AS id FROM json_each('${
      JSON.stringify([...Array(ROWS).keys()])
    }')`,
    "models/sync/people.ts": ["kind: tracked", "unique_key: id", `allow_net: ${server.host}`]
      .concat(directives).map((line) => `// @${line}\n`).join("") + `
      import { http, query } from "spoor";
      await query("SELECT id FROM raw.people ORDER BY id").each(async (row) => {
        await http.post("http://${server.host}/" + row.id, { body: "x".repeat(${BODY_BYTES}) });
      });
    `,
  });
}

Deno.test("a success that comes early counts once the whole request was taken", async () => {
  await using server = earlyServer(200, "reads on");
  await using project = await projectOf(server, [`concurrency: ${ROWS}`]);

  const ran = await run(project);

  assert.deepEqual([ran.code, ran.sync.delivery?.saved], [0, ROWS], ran.output);
  await server.settled();
  assert.deepEqual([server.heads, server.whole], [ROWS, ROWS]);
});

Deno.test("a success before a request that never leaves whole is none: its end is not known", async () => {
  for (const [then, state] of ENDS) {
    await using server = earlyServer(201, then);
    await using project = await projectOf(server, [
      "retries: 0",
      "timeout: 2s",
      "delivery: at_most_once",
    ]);

    const ran = await run(project);

    assert.equal(ran.code, 1, ran.output);
    const { delivery } = ran.sync;
    assert.deepEqual([delivery?.saved, delivery?.unknown], [0, ROWS], ran.output);
    assert.ok(
      project.rows("spoor.ledger").every(({ error }) => String(error).includes(state)),
      ran.output,
    );
    const again = await run(project);
    assert.equal(server.heads, ROWS, "what may have been taken is not sent again");
    assert.equal(again.sync.delivery?.held_back, ROWS);
  }
});

Deno.test("a refusal that comes early is one", async () => {
  await using server = earlyServer(413, "reads no more");
  await using project = await projectOf(server, []);

  const ran = await run(project);

  assert.deepEqual([ran.sync.delivery?.saved, ran.sync.delivery?.failed], [0, ROWS], ran.output);
  assert.equal(server.heads, ROWS);
});

const ENDS: readonly (readonly [Then, string])[] = [
  ["closes", "it was answered with 201 before its end, and then the connection broke"],
  ["reads no more", "it was answered with 201 before its end, and the rest was not taken"],
];

/**
 * Far sides behind TLS: which HTTP is spoken with them, and what is said where no connection comes about.
 *
 * @module
 */
import assert from "node:assert/strict";
import { run } from "../support/sync_project.ts";
import { LOCAL_AUTHORITY, LOCAL_CERTIFICATE } from "../support/local_certificate.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { serveConnections } from "./serve_connections.ts";

interface SecureServer extends AsyncDisposable {
  host: string;
  /** The protocol agreed on, as often as a request came. */
  spoken: (string | null)[];
}

/** Takes every request. */
function secureServer(alpnProtocols: string[]): SecureServer {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    ...LOCAL_CERTIFICATE,
    alpnProtocols,
  });
  const server: SecureServer = {
    host: `localhost:${listener.addr.port}`,
    spoken: [],
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
  const serving = serveConnections(listener, (connection) => serve(connection, server));
  return server;
}

async function serve(connection: Deno.TlsConn, { spoken }: SecureServer): Promise<void> {
  const { alpnProtocol } = await connection.handshake();
  const buffer = new Uint8Array(64 * 1_024);
  const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  while (await connection.read(buffer) !== null) {
    spoken.push(alpnProtocol);
    await connection.write(answer);
  }
}

function projectOf(host: string, directives: readonly string[] = []): Promise<TempProject> {
  return tempProject({
    "ca.pem": LOCAL_AUTHORITY,
    "models/raw/people.sql": "SELECT 1 AS id UNION ALL SELECT 2",
    "models/sync/people.ts": ["kind: tracked", "unique_key: id", `allow_net: ${host}`]
      .concat(directives).map((line) => `// @${line}\n`).join("") + `
      import { http, query } from "spoor";
      await query("SELECT id FROM raw.people ORDER BY id").each(async (row) => {
        await http.delete("https://${host}/certificate/" + row.id);
        await http.post("https://${host}/tls/" + row.id, { json: row });
      });
    `,
  });
}

Deno.test("requests go over HTTP/1.1 where a far side offers HTTP/2 first", async () => {
  for (const directives of [[], ["retries: 0"], ["rate_limit: 100/1s"]]) {
    await using server = secureServer(["h2", "http/1.1"]);
    await using project = await projectOf(server.host, directives);

    const ran = await run(project, { env: { DENO_CERT: project.path("ca.pem") } });

    assert.equal(ran.sync.delivery?.saved, 2, ran.output);
    assert.deepEqual(server.spoken, Array(4).fill("http/1.1"));
  }
});

Deno.test("a far side that speaks HTTP/2 only is one that cannot be sent to", async () => {
  await using server = secureServer(["h2"]);
  await using project = await projectOf(server.host);

  const ran = await run(project, { env: { DENO_CERT: project.path("ca.pem") } });

  assert.equal(ran.sync.delivery?.failed, 2, ran.output);
  assert.match(errorOf(project), /Cannot reach "localhost:\d+": it does not speak HTTP\/1\.1$/);
  assert.match(ran.output, /Spoor speaks no other: ask the service for an address that takes it/);
});

Deno.test("a certificate that nobody trusts is told as one, with where to name who has signed it", async () => {
  await using server = secureServer(["http/1.1"]);
  await using project = await projectOf(server.host);

  const ran = await run(project);

  assert.equal(ran.sync.delivery?.failed, 2, ran.output);
  assert.match(
    errorOf(project),
    /Cannot reach "localhost:\d+": no secure connection could be made \(invalid peer certificate: UnknownIssuer\)$/,
  );
  assert.match(ran.output, /DENO_CERT=FILE/);
  assert.match(ran.output, /DENO_TLS_CA_STORE=system/);
});

Deno.test("certificates that cannot be read leave requests unsent, with the reason", async () => {
  const environments: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ DENO_CERT: "/nowhere.pem" }, /Failed opening CA file/],
    [{ DENO_TLS_CA_STORE: "none" }, /Unknown certificate store "none"/],
  ];
  for (const [env, reason] of environments) {
    await using server = secureServer(["http/1.1"]);
    await using project = await projectOf(server.host, ["delivery: at_most_once"]);

    const ran = await run(project, { env });

    const { delivery } = ran.sync;
    assert.deepEqual([delivery?.failed, delivery?.unknown], [2, 0], ran.output);
    assert.match(errorOf(project), reason);
    assert.deepEqual(server.spoken, []);
  }
});

/** The error that is recorded of every group, without the request before it. */
function errorOf(project: TempProject): string {
  const errors = project.rows("spoor.ledger").map(({ error }) => String(error));
  assert.equal(errors.length, 2);
  const [first = "", second = ""] = errors.map((error) => error.replace(/^.* failed: /, ""));
  assert.equal(first, second);
  return first;
}

import assert from "node:assert/strict";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { serveBytes, serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";
import { MAX_BODY_BYTES } from "./read_body.ts";

const TEXT = "Ada Lovelace, ".repeat(1_000);

Deno.test("egress unpacks every compression of HTTP/1.1, and br", async () => {
  const packed: [string, Uint8Array<ArrayBuffer>][] = [
    ["gzip", new Uint8Array(gzipSync(TEXT))],
    ["x-gzip", new Uint8Array(gzipSync(TEXT))],
    ["br", new Uint8Array(brotliCompressSync(TEXT))],
    ["deflate", new Uint8Array(deflateSync(TEXT))],
    ["deflate", new Uint8Array(deflateRawSync(TEXT))],
    ["identity", new TextEncoder().encode(TEXT)],
  ];
  for (const [encoding, body] of packed) {
    await using far = serveFarSide(() =>
      new Response(body, { headers: { "content-encoding": encoding } })
    );
    using egress = startEgress({ allowNet: [far.host] });
    const response = await egress.send({ url: far.origin });
    assert.equal(new TextDecoder().decode(response.body), TEXT, encoding);
  }
});

Deno.test("egress does not take a compressed body that was cut off for a whole one", async () => {
  for (
    const [encoding, whole] of [["deflate", deflateSync(TEXT)], ["gzip", gzipSync(TEXT)]] as const
  ) {
    const body = new Uint8Array(whole.subarray(0, 30));
    await using far = serveFarSide(() =>
      new Response(body, { headers: { "content-encoding": encoding } })
    );
    using egress = startEgress({ allowNet: [far.host] });
    const { error } = await egress.send({ url: far.origin });
    assert.equal(error?.kind, "broken");
    assert.match(error?.message ?? "", /the connection broke \(unexpected end of file\)/);
  }
});

Deno.test("egress refuses a deflate body that unpacks beyond the limit", async () => {
  const bomb = new Uint8Array(deflateSync(new Uint8Array(MAX_BODY_BYTES + 1), { level: 1 }));
  await using far = serveFarSide(() =>
    new Response(bomb, { headers: { "content-encoding": "deflate" } })
  );
  using egress = startEgress({ allowNet: [far.host] });
  const { error } = await egress.send({ url: far.origin, timeoutMs: 60_000 });
  assert.match(error?.message ?? "", /its body is larger than 64 MB, unpacked/);
});

Deno.test("egress hands back an empty body for HEAD, 204 and 304", async () => {
  await using far = serveFarSide((request) =>
    request.method === "HEAD"
      ? new Response(null, { headers: { "content-encoding": "gzip", "content-length": "99" } })
      : new Response(null, { status: Number(request.path.slice(1)) })
  );
  using egress = startEgress({ allowNet: [far.host] });
  for (const [method, path] of [["HEAD", "/"], ["GET", "/204"], ["GET", "/304"]] as const) {
    const { body, error } = await egress.send({ url: far.origin + path, method });
    assert.deepEqual([body.length, error], [0, undefined], path);
  }
});

Deno.test("egress takes a body that ends with the connection", async () => {
  using far = serveBytes(() => "HTTP/1.0 200 OK\r\n\r\nto the end");
  using egress = startEgress({ allowNet: [far.host] });
  const { body } = await egress.send({ url: far.origin });
  assert.equal(new TextDecoder().decode(body), "to the end");
});

Deno.test("egress moves a large body whole", async () => {
  const large = new Uint8Array(20 * 2 ** 20).map((_, i) => i % 251);
  await using far = serveFarSide(() => new Response(large));
  using egress = startEgress({ allowNet: [far.host] });
  const { body } = await egress.send({ url: far.origin });
  assert.equal(body.length, large.length);
  assert.ok(body.every((byte, i) => byte === i % 251));
});

Deno.test("egress refuses a body beyond the limit, also one that only unpacks to it, and lives on", async () => {
  const megabyte = new Uint8Array(2 ** 20);
  const endless = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(megabyte.slice()),
    });
  const bomb = new Uint8Array(gzipSync(new Uint8Array(MAX_BODY_BYTES + 1), { level: 1 }));
  await using far = serveFarSide((request) => {
    if (request.path === "/small") return new Response("small");
    if (request.path === "/endless") return new Response(endless());
    return new Response(bomb, { headers: { "content-encoding": "gzip" } });
  });
  using egress = startEgress({ allowNet: [far.host] });
  for (const path of ["/endless", "/bomb"]) {
    const { error, attempts } = await egress.send({
      url: far.origin + path,
      retries: 3,
      timeoutMs: 60_000,
    });
    assert.equal(error?.kind, "broken", path);
    assert.equal(error?.message, "Cannot read the answer: its body is larger than 64 MB, unpacked");
    assert.equal(attempts, 1);
  }
  assert.equal((await egress.send({ url: `${far.origin}/small` })).status, 200);
});

Deno.test("egress refuses at once a body that announces to be beyond the limit", async () => {
  using far = serveBytes(() =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\nonly this much`
  );
  using egress = startEgress({ allowNet: [far.host] });
  const { error } = await egress.send({ url: far.origin });
  assert.match(error?.message ?? "", /its body is larger than 64 MB, unpacked/);
});

Deno.test("egress hands on every body byte for byte", async () => {
  const encoder = new TextEncoder();
  const bodies = [
    new Uint8Array(),
    encoder.encode("\ufeff{}"),
    encoder.encode("a\0b 😀"),
    new Uint8Array([0xff, 0xfe]),
    new Uint8Array([0xed, 0xa0, 0x80]),
    new Uint8Array([0xc3]),
    encoder.encode("ö".repeat(32 * 1_024 - 1)),
    encoder.encode("ö".repeat(32 * 1_024)),
  ];
  await using far = serveFarSide((_request, earlier) => new Response(bodies[earlier]));
  using egress = startEgress({ allowNet: [far.host] });
  for (const body of bodies) {
    const answer = await egress.send({ url: far.origin });
    assert.deepEqual(answer.body, body);
  }
});

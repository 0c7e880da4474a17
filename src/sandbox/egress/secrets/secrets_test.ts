import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { serveBytes, serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";
import type { EgressResponse } from "~/sandbox/protocol.ts";

/** Every character here means something to some encoding. */
const VALUE = `p@ss/w"ö\\rd+ &=%<1>`;
const SECRETS = [
  { name: "TOKEN", standIn: "spoor-secret-1", value: VALUE },
  { name: "TOKEN_2", standIn: "spoor-secret-12", value: "another-secret" },
];

function allOf({ url, headers, body, error }: EgressResponse): string {
  return [url, JSON.stringify(headers), Buffer.from(body).toString(), JSON.stringify(error)]
    .join("\n");
}

Deno.test("egress puts a secret into the URL, percent-encoded", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const { url } = await egress.send({
    url: `${far.origin}/hooks/spoor-secret-1/x?key=spoor-secret-1&other=spoor-secret-12`,
  });
  const seen = new URL(far.origin + far.received[0]?.path);
  assert.equal(decodeURIComponent(seen.pathname), `/hooks/${VALUE}/x`);
  assert.equal(seen.searchParams.get("key"), VALUE);
  assert.equal(seen.searchParams.get("other"), "another-secret");
  assert.equal(url, `${far.origin}/hooks/***/x?key=***&other=***`);
});

Deno.test("egress puts a secret into headers, also into Basic credentials that a model encoded", async () => {
  await using far = serveFarSide(() => new Response());
  const secrets = [{ name: "TOKEN", standIn: "spoor-secret-1", value: "t0ken/+=" }];
  using egress = startEgress({ allowNet: [far.host], secrets });
  await egress.send({ url: far.origin, headers: [["Authorization", "Bearer spoor-secret-1"]] });
  const basic = `Basic ${btoa("user:spoor-secret-1")}`;
  await egress.send({ url: far.origin, headers: [["Authorization", basic]] });
  const seen = far.received.map((request) => request.headers.get("authorization"));
  assert.deepEqual(seen, ["Bearer t0ken/+=", `Basic ${btoa("user:t0ken/+=")}`]);
});

Deno.test("egress puts a secret into a body as the content type wants it", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const sent = async (type: string, body: string) => {
    await egress.send({ url: far.origin, method: "POST", headers: [["Content-Type", type]], body });
    return far.received.at(-1)?.text ?? "";
  };
  const json = await sent("application/json; charset=utf-8", '{"a":"x spoor-secret-1"}');
  assert.deepEqual(JSON.parse(json), { a: `x ${VALUE}` });
  const form = await sent("application/x-www-form-urlencoded", "a=spoor-secret-1&b=2");
  assert.deepEqual([...new URLSearchParams(form)], [["a", VALUE], ["b", "2"]]);
  const xml = await sent("application/soap+xml", "<a>spoor-secret-1</a>");
  assert.equal(xml, "<a>p@ss/w&#34;ö\\rd+ &#38;=%&#60;1&#62;</a>");
  assert.equal(await sent("text/plain", "spoor-secret-12!"), "another-secret!");
});

Deno.test("egress puts a secret into bytes, a multipart upload say", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const body = Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from("spoor-secret-1|")]);
  await egress.send({ url: far.origin, method: "POST", body: new Uint8Array(body) });
  const expected = Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(`${VALUE}|`)]);
  assert.deepEqual(Buffer.from(far.received[0]?.body ?? []), expected);
});

Deno.test("egress takes a secret that is a whole address, and still checks its host", async () => {
  await using far = serveFarSide(() => new Response());
  const secrets = [
    { name: "HOOK", standIn: "spoor-secret-1", value: `${far.origin}/hooks/T0/B1` },
    { name: "EVIL", standIn: "spoor-secret-2", value: "https://evil.example/hooks" },
  ];
  using egress = startEgress({ allowNet: [far.host], secrets });
  const { url } = await egress.send({ url: "spoor-secret-1?thread=2" });
  assert.equal(far.received[0]?.path, "/hooks/T0/B1?thread=2");
  assert.equal(url, "***?thread=2");
  const { error } = await egress.send({ url: "spoor-secret-2" });
  assert.equal(error?.message, 'Cannot reach "evil.example:443": it is not in @allow_net');
});

Deno.test("egress sends no secret to a host that is not allowed", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: ["a.example"], secrets: SECRETS }, ["127.0.0.1"]);
  const response = await egress.send({ url: `${far.origin}/spoor-secret-1` });
  assert.equal(response.error?.kind, "denied");
  assert.equal(far.received.length, 0);
});

Deno.test("egress does not put a secret into a host name", async () => {
  await using far = serveFarSide(() => new Response());
  const secrets = [{ name: "X", standIn: "spoor-secret-1", value: "127.0.0.1" }];
  using egress = startEgress({ allowNet: ["127.0.0.1"], secrets });
  const { error } = await egress.send({ url: far.origin.replace("127.0.0.1", "spoor-secret-1") });
  assert.match(error?.message ?? "", /Cannot reach "spoor-secret-1:\d+"/);
});

Deno.test("egress masks a secret that the far side echoes, in every shape", async () => {
  const echoes = [
    VALUE,
    JSON.stringify({ token: VALUE }),
    JSON.stringify({ sent: JSON.stringify({ token: VALUE }) }),
    JSON.stringify({ token: VALUE }).replaceAll("/", "\\/").replaceAll("ö", "\\u00f6"),
    encodeURIComponent(VALUE),
    encodeURIComponent(VALUE).toLowerCase(),
    new URLSearchParams({ a: VALUE }).toString(),
    btoa(encodeURIComponent("x")) + Buffer.from(`u:${VALUE}`).toString("base64"),
    Buffer.from(`us:${VALUE}`).toString("base64url"),
    Buffer.from(`use:${VALUE}!`).toString("base64"),
    VALUE.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    // As .NET writes JSON.
    VALUE.replace(
      /["+&<>ö\\]/g,
      (char) => "\\u" + char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0"),
    ),
  ];
  await using far = serveFarSide((request) =>
    new Response(echoes[Number(request.path.slice(1))], {
      status: 400,
      headers: { "x-echo": encodeURIComponent(VALUE), "x-token": "another-secret" },
    })
  );
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  for (const [i, echo] of echoes.entries()) {
    const response = await egress.send({ url: `${far.origin}/${i}` });
    const text = allOf(response);
    assert.match(Buffer.from(response.body).toString(), /\*\*\*/, echo);
    const ends = Buffer.from(response.body).toString().replaceAll("***", "");
    assert.ok(ends.length <= echo.length - VALUE.length, `more than was about it: ${ends}`);
    for (const part of ["p@ss", "p%40ss", "%3C1%3E", "<1>", "another-secret"]) {
      assert.ok(!text.includes(part), `${part} in ${text}`);
    }
  }
});

Deno.test("egress masks a secret in a body that is no text, and in a compressed one", async () => {
  const noise = Buffer.alloc(3_000_000, 0xfe);
  const body = Buffer.concat([noise, Buffer.from(VALUE), noise, Buffer.from("another-secret")]);
  await using far = serveFarSide((request) =>
    request.path === "/gzip"
      ? new Response(Uint8Array.from(gzipSync(body)), { headers: { "content-encoding": "gzip" } })
      : new Response(body)
  );
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  for (const path of ["/", "/gzip"]) {
    const response = await egress.send({ url: far.origin + path });
    const expected = Buffer.concat([noise, Buffer.from("***"), noise, Buffer.from("***")]);
    assert.ok(Buffer.from(response.body).equals(expected), path);
  }
});

Deno.test("egress masks a secret in its own errors", async () => {
  await using far = serveFarSide((request) =>
    new Response(null, { status: 307, headers: { location: `ftp://x/${request.text}` } })
  );
  const secrets = [{ name: "T", standIn: "spoor-secret-1", value: "some-long-secret" }];
  using egress = startEgress({ allowNet: [far.host], secrets });
  const refused = await egress.send({ url: far.origin, method: "POST", body: "spoor-secret-1" });
  assert.match(refused.error?.message ?? "", /to "ftp:\/\/x\/\*\*\*"/);
  using broken = serveBytes(() => "");
  using other = startEgress({ allowNet: [broken.host], secrets });
  const response = await other.send({ url: `${broken.origin}/spoor-secret-1` });
  assert.match(response.error?.message ?? "", /of GET http:.*\/\*\*\*: the connection broke/);
  assert.ok(!allOf(response).includes("some-long-secret"));
});

Deno.test("egress does not show a secret that no header can hold", async () => {
  await using far = serveFarSide(() => new Response());
  const secrets = [{ name: "T", standIn: "spoor-secret-1", value: "line one\nline two" }];
  using egress = startEgress({ allowNet: [far.host], secrets });
  const response = await egress.send({ url: far.origin, headers: [["x-key", "spoor-secret-1"]] });
  assert.match(response.error?.message ?? "", /^Cannot send the header "x-key": it has characters/);
  assert.ok(!allOf(response).includes("line one"));
});

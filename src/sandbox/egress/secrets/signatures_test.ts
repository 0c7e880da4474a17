import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";

/** Every character here means something to some encoding. */
const VALUE = `p@ss/w"ö\\rd+ &=%<1>`;
const SECRETS = [
  { name: "KEY", standIn: "spoor-secret-1", value: VALUE },
  { name: "ID", standIn: "spoor-secret-12", value: "client-4711" },
];

const standIn = (text: string, how = "sha256.hex", secret = "spoor-secret-1") =>
  `spoor-hmac.${secret}.${how}.${Buffer.from(text).toString("base64url")}.`;
const expected = (
  text: string,
  { algorithm = "sha256", encoding = "hex" as "hex" | "base64" | "base64url", key = VALUE } = {},
) => createHmac(algorithm, key).update(text).digest(encoding);

Deno.test("egress signs in headers, in the URL and in bodies of each type", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const text = `{"a":"ö?+/"}`;
  const plain = standIn(text);
  const base64 = standIn(text, "sha512.base64");
  const signed = expected(text);
  const signed64 = expected(text, { algorithm: "sha512", encoding: "base64" });

  await egress.send({
    url: `${far.origin}/${plain}/x?s=${base64}&t=${plain}`,
    method: "POST",
    headers: [["X-Sig", `t=1,v1=${plain}_v2`], [
      "Authorization",
      `Basic ${btoa(`spoor-secret-12:${plain}`)}`,
    ], ["Content-Type", "application/json"]],
    body: JSON.stringify({ s: plain, b: base64, id: "spoor-secret-12" }),
  });
  const [seen] = far.received;
  const url = new URL(far.origin + seen?.path);
  assert.equal(url.pathname, `/${signed}/x`);
  assert.deepEqual([url.searchParams.get("s"), url.searchParams.get("t")], [signed64, signed]);
  assert.equal(seen?.headers.get("x-sig"), `t=1,v1=${signed}_v2`);
  assert.equal(seen?.headers.get("authorization"), `Basic ${btoa(`client-4711:${signed}`)}`);
  assert.deepEqual(JSON.parse(seen?.text ?? ""), { s: signed, b: signed64, id: "client-4711" });

  const post = async (type: string, body: string | Uint8Array) => {
    await egress.send({ url: far.origin, method: "POST", headers: [["Content-Type", type]], body });
    return far.received.at(-1)?.text ?? "";
  };
  const form = await post("application/x-www-form-urlencoded", `s=${base64}`);
  assert.equal(new URLSearchParams(form).get("s"), signed64);
  const bytes = await post("application/octet-stream", new TextEncoder().encode(`<${plain}>`));
  assert.equal(bytes, `<${signed}>`);
});

Deno.test("egress signs as each algorithm and encoding says, the empty text too", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  for (const algorithm of ["sha256", "sha512", "sha1"]) {
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      for (const text of ["", "the text"]) {
        const body = standIn(text, `${algorithm}.${encoding}`);
        await egress.send({ url: far.origin, method: "POST", body });
        assert.equal(far.received.at(-1)?.text, expected(text, { algorithm, encoding }));
      }
    }
  }
});

Deno.test("egress signs what is sent: secrets and signatures inside of the text", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const inner = standIn("inner", "sha256.hex", "spoor-secret-12");
  const body = standIn(`17:spoor-secret-12:${inner}`);
  await egress.send({ url: far.origin, method: "POST", body });

  const innerSigned = expected("inner", { key: "client-4711" });
  assert.equal(far.received[0]?.text, expected(`17:client-4711:${innerSigned}`));
});

Deno.test("egress makes nothing of signatures with secrets that the model does not have", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  using without = startEgress({ allowNet: [far.host], secrets: [] });
  const foreign = standIn("a", "sha256.hex", "spoor-secret-9");
  await egress.send({ url: far.origin, method: "POST", body: foreign });
  await without.send({ url: far.origin, method: "POST", body: standIn("a") });

  assert.deepEqual(far.received.map(({ text }) => text), [foreign, standIn("a")]);
});

Deno.test("egress sends nothing where the stand-in of a signature was cut or changed", async () => {
  await using far = serveFarSide(() => new Response());
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const whole = standIn("the text");
  const damaged = [
    whole.slice(0, -1),
    whole.slice(0, 40),
    standIn("a", "md5.hex"),
    standIn("a", "sha256.latin1"),
    "spoor-hmac.spoor-secret-1",
  ];
  for (const body of damaged) {
    const { error } = await egress.send({ url: far.origin, method: "POST", body });
    assert.deepEqual([error?.kind, error?.message], [
      "invalid",
      "Cannot sign: what hmac gave was cut or changed",
    ]);
  }
  assert.equal(far.received.length, 0);
});

Deno.test("egress masks a signature that the far side echoes: it is not given to the model", async () => {
  await using far = serveFarSide((request) =>
    new Response(request.text + new URL(request.path, "http://x").searchParams.get("s"), {
      headers: { "x-echo": request.headers.get("x-sig") ?? "" },
      status: 400,
    })
  );
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const { url, headers, body } = await egress.send({
    url: `${far.origin}/?s=${standIn("a", "sha256.base64")}`,
    method: "POST",
    headers: [["X-Sig", standIn("b")]],
    body: `${standIn("c")} and the rest `,
  });

  assert.equal(url, `${far.origin}/?s=***`);
  assert.equal(headers.find(([name]) => name === "x-echo")?.[1], "***");
  assert.equal(Buffer.from(body).toString(), "*** and the rest ***");
});

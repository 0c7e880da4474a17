import assert from "node:assert/strict";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const HOST: TestHost = { secrets: { KEY: "spoor-secret-KEY-1", "OTHER": "spoor-secret-OTHER-1" } };
const run = (code: string, host: TestHost = HOST) =>
  runGuest(`import { hmac, http, log, secret } from "spoor";\n${code}`, host);

Deno.test("hmac gives a stand-in, of characters that no encoding changes", async () => {
  const { error, requests, logs } = await run(
    `const signature = hmac(secret("KEY"), "a\\u00f6{}");
await http.get("https://a.test/" + signature, { params: { s: signature } });
await http.post("https://a.test/", { form: { s: signature } });
log.info(signature === encodeURIComponent(signature));
log.info(hmac(secret("KEY"), "", { algorithm: "sha512", encoding: "base64" }));`,
  );
  const standIn = "spoor-hmac.spoor-secret-KEY-1.sha256.hex.YcO2e30.";

  assert.equal(error, undefined);
  assert.equal(requests[0]?.url, `https://a.test/${standIn}?s=${standIn}`);
  assert.equal(requests[1]?.body, `s=${standIn}`);
  assert.deepEqual(logs, [
    "info: true",
    "info: spoor-hmac.spoor-secret-KEY-1.sha512.base64..",
  ]);
});

Deno.test("hmac signs with secrets of the model's own, and with nothing else", async () => {
  for (
    const given of [`"plain"`, `"spoor-secret-KEY-2"`, `secret("KEY") + "x"`, "undefined", "{}"]
  ) {
    const { error, logs } = await run(
      `try { hmac(${given}, "a"); } catch (e) { log.info("caught"); throw e; }`,
    );

    assert.deepEqual(logs, ["info: caught"]);
    assert.equal(
      error?.message,
      "Cannot sign: the first argument of hmac is not a secret of this model",
    );
  }
});

Deno.test("hmac names what it cannot sign, and how it cannot", async () => {
  const message = async (rest: string) =>
    (await run(`hmac(secret("KEY"), ${rest});`)).error?.message;

  assert.equal(
    await message("{ a: 1 }"),
    "Cannot sign: hmac takes a text, and was given an object",
  );
  assert.equal(await message("null"), "Cannot sign: hmac takes a text, and was given null");
  assert.equal(
    await message(`"a", { algorithm: "md5" }`),
    'Cannot sign with the algorithm "md5"',
  );
  assert.equal(await message(`"a", { encoding: "utf8" }`), 'Cannot sign with the encoding "utf8"');
});

Deno.test("a signature in a URL is not shown in errors", async () => {
  const { error } = await run(
    `await http.get("https://a.test/?key=" + secret("OTHER") + "&sig=" + hmac(secret("KEY"), "a"));`,
    { ...HOST, respond: () => ({ status: 403 }) },
  );

  assert.equal(
    error?.message,
    "GET https://a.test/?key=[OTHER]&sig=[hmac of KEY] answered 403",
  );
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { SecretMask } from "./secret_mask.ts";

const SECRET = `Ab+cd/ef=gh&ij<kl>mn'op"qr st\\uv\tw:ö😀!.,-_~`;

function escaped(chars: RegExp, escape: (code: number) => string): string {
  return SECRET.replace(chars, (char) => escape(char.charCodeAt(0)));
}

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, "0");
const codeOf = (char: string) => char.codePointAt(0) ?? 0;
const upper = (code: number) => hex(code, 4).toUpperCase();

/** Who writes it how. */
const WAYS: Readonly<Record<string, string>> = {
  ".NET, JSON": escaped(/[^\w .,:!=/~-]/g, (code) => `\\u${upper(code)}`),
  "Go, JSON": escaped(/[&<>"\\\t]/g, (code) => `\\u${hex(code, 4)}`),
  "PHP, JSON": JSON.stringify(SECRET).slice(1, -1).replaceAll("/", "\\/")
    .replace(/[^\x20-\x7e]/g, (char) => `\\u${hex(char.charCodeAt(0), 4)}`),
  "JSON in JSON": JSON.stringify(JSON.stringify(SECRET)).slice(3, -3),
  "JSON in JSON, .NET": escaped(/[^\w .,:!=/~-]/g, (code) => `\\\\u${upper(code)}`),
  "JSON in JSON in JSON": JSON.stringify(JSON.stringify(JSON.stringify(SECRET))).slice(7, -7),
  "URL": encodeURIComponent(SECRET),
  "URL, small digits": encodeURIComponent(SECRET).replace(
    /%../g,
    (found) => found.toLowerCase(),
  ),
  "URL in a URL": encodeURIComponent(encodeURIComponent(SECRET)),
  "form": new URLSearchParams({ "": SECRET }).toString().slice(1),
  "PHP, HTML": SECRET.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#039;"),
  "OWASP, HTML": SECRET.replace(/[^A-Za-z0-9]/gu, (char) => `&#x${codeOf(char).toString(16)};`),
  "XML": SECRET.replace(/[^A-Za-z0-9]/gu, (char) => `&#${codeOf(char)};`),
  "JavaScript": escaped(/[^A-Za-z0-9ö\ud800-\udfff]/g, (code) => `\\x${hex(code, 2)}`),
  "Basic": Buffer.from(SECRET).toString("base64"),
  "hex": Buffer.from(SECRET).toString("hex"),
  "hex, in capitals": Buffer.from(SECRET).toString("hex").toUpperCase(),
  "a header, in UTF-8": Buffer.from(SECRET).toString("latin1"),
  "capitals": SECRET.toUpperCase(),
  "small letters in a URL": encodeURIComponent(SECRET.toLowerCase()),
  "Basic in JSON of .NET": Buffer.from(SECRET).toString("base64")
    .replaceAll("+", "\\u002B").replaceAll("/", "\\u002F"),
};

for (const [who, text] of Object.entries(WAYS)) {
  Deno.test(`SecretMask finds a secret as it is written by ${who}`, () => {
    const mask = new SecretMask([SECRET]);
    assert.notEqual(text, SECRET);
    assert.match(mask.text(`before ${text} after`), /^before \*\*\*.{0,6} after$/, text);
    const bytes = Buffer.from(mask.bytes(Buffer.from(`before ${text} after`))).toString();
    assert.match(bytes, /^before \*\*\*.{0,6} after$/, text);
  });
}

Deno.test("SecretMask leaves nothing of an escape that a secret ends in", () => {
  const mask = new SecretMask(["secret&", 'secret"', "secret\\\\"]);
  for (const text of ["secret&amp;", 'secret\\"', "secret\\u0026", "secret%26", "secret\\\\\\\\"]) {
    assert.equal(mask.text(`<${text}>`), "<***>");
  }
});

Deno.test("SecretMask finds a secret that is longer than most, and one with many backslashes", () => {
  const chars = Array.from({ length: 5_000 }, (_, i) => String.fromCharCode(33 + (i * i * 7) % 94));
  const long = chars.join("");
  const slashes = "\\".repeat(40) + "share";
  const mask = new SecretMask([long, slashes]);
  for (const secret of [long, slashes]) {
    assert.equal(mask.text(`a ${secret} b`), "a *** b");
    assert.equal(mask.text(`a ${JSON.stringify(secret)} b`), 'a "***" b');
  }
  // Were a run told in every way that it can be, this would not end.
  const run = "\\".repeat(1_000) + "shar share";
  assert.equal(mask.text(run), run);
});

/** Of as many lines as a short one has; no real one. */
const KEY_LINES = [1, 2, 3].map((line) => {
  const bytes = Uint8Array.from({ length: 48 }, (_, i) => (line * 71 + i * 37) % 256);
  return bytes.toBase64();
});

Deno.test("SecretMask finds the lines of a key, however they are joined, and words around it are none of them", () => {
  const key = [
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    ...KEY_LINES,
    "-----END ENCRYPTED PRIVATE KEY-----",
  ];
  for (const secret of [key.join("\n"), key.join("\r\n"), `{"private_key":"${key.join("\\n")}"}`]) {
    const mask = new SecretMask([secret]);
    for (const between of ["", " ", "\n  ", "\r\n", "\\n", "\\\\n"]) {
      const masked = mask.text(`of ${KEY_LINES.join(between)}.`);
      assert.match(masked, /^of (?:\*{3}[\s\\rn]*)+\.$/, JSON.stringify([secret, between]));
    }
    const words = "BEGIN ENCRYPTED PRIVATE KEY, private_key";
    assert.equal(mask.text(words), words);
  }
});

Deno.test("SecretMask leaves another case of a short secret, which may be a word", () => {
  const mask = new SecretMask(["Ada-Lovelace", "password"]);
  assert.equal(mask.text("ADA-LOVELACE, ada-lovelace"), "***, ***");
  assert.equal(mask.text("password, Password, PASSWORD"), "***, Password, PASSWORD");
});

Deno.test("SecretMask takes out what is added, and what a mask above it takes out", () => {
  const mask = new SecretMask(["first-secret"]);
  const above = mask.with(new Set(["second-secret"]));
  mask.add("third-secret");
  const text = "first-secret second-secret third-secret";
  assert.equal(mask.text(text), "*** second-secret ***");
  assert.equal(above.text(text), "*** *** ***");
  assert.equal(Buffer.from(above.bytes(Buffer.from(text))).toString(), "*** *** ***");
  assert.ok(!new SecretMask([]).with(new Set(["second-secret"])).isEmpty);
});

Deno.test("SecretMask finds a secret wherever it lies between two windows", () => {
  const mask = new SecretMask(["windowed-secret"]);
  for (let shift = -16; shift <= 1; shift++) {
    const body = Buffer.alloc(2 * 1_024 * 1_024 + 100, 0x20);
    body.write("windowed-secret", 1_024 * 1_024 + shift);
    const masked = Buffer.from(mask.bytes(body));
    assert.ok(!masked.includes("windowed-secret"), String(shift));
    assert.equal(masked.length, body.length - "windowed-secret".length + 3);
  }
});

Deno.test("SecretMask leaves a body without secrets as it is, without a copy", () => {
  const body = Buffer.from("nothing here");
  assert.equal(new SecretMask(["some-secret"]).bytes(body), body);
});

Deno.test("SecretMask does not mask secrets of fewer than four characters", () => {
  const mask = new SecretMask(["abc", ""]);
  assert.ok(mask.isEmpty);
  assert.equal(mask.text("abc"), "abc");
});

Deno.test("SecretMask takes the longer of two secrets that begin alike", () => {
  const mask = new SecretMask(["secret", "secret-and-more"]);
  assert.equal(mask.text("a secret-and-more b secret c"), "a *** b *** c");
});

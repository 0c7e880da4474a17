import assert from "node:assert/strict";
import { requestIdentity } from "./request_identity.ts";

const REQUEST = { method: "POST", url: "https://a.test/x", headers: [], body: `{"id":1}` };
const same = (text: string) => text;

Deno.test("requestIdentity() tells method, URL, headers and body apart", () => {
  const id = requestIdentity(REQUEST, same);
  const withHeader = (name: string, value: string) =>
    requestIdentity({ ...REQUEST, headers: [[name, value]] }, same);
  assert.notEqual(withHeader("X-Account-Id", "live"), withHeader("X-Account-Id", "sandbox"));
  assert.notEqual(withHeader("x-account-id", "live"), id);
  assert.equal(withHeader("X-Account-Id", "live"), withHeader("x-account-id", "live"));
  for (const other of [{ method: "PUT" }, { url: "https://a.test/y" }, { body: "{}" }]) {
    assert.notEqual(requestIdentity({ ...REQUEST, ...other }, same), id);
  }
});

Deno.test("requestIdentity() does not depend on headers that differ by nature", () => {
  const id = requestIdentity(REQUEST, same);
  const names = [
    "Authorization",
    "Date",
    "X-Amz-Date",
    "X-Request-Timestamp",
    "X-Hub-Signature-256",
    "X-Nonce",
    "Content-Digest",
    "Idempotency-Key",
    "traceparent",
    "X-Request-ID",
    "webhook-id",
    "Message-Id",
    "X-GitHub-Delivery",
    "X-Sign",
    "X-Auth",
    "X-Token",
    "Expires",
    "X-Correlation-Id",
    "Cookie",
  ];
  for (const name of names) {
    assert.equal(requestIdentity({ ...REQUEST, headers: [[name, "now"]] }, same), id, name);
  }
});

Deno.test("requestIdentity() does not depend on the stand-in of a secret", () => {
  const withStandIn = (standIn: string) =>
    requestIdentity(
      { ...REQUEST, body: `{"key":"${standIn}"}` },
      (text) => text.replaceAll(standIn, "***"),
    );
  assert.equal(withStandIn("stand-in-1"), withStandIn("stand-in-2"));
});

Deno.test("requestIdentity() does not depend on the line between an upload's parts", () => {
  const upload = (boundary: string, text: string) =>
    requestIdentity({
      ...REQUEST,
      headers: [["content-type", `multipart/form-data; boundary=${boundary}`]],
      body: new TextEncoder().encode(`--${boundary}\r\n\r\n${text}\r\n--${boundary}--`),
    }, same);
  assert.equal(upload("aaa", "x"), upload("bbb", "x"));
  assert.notEqual(upload("aaa", "x"), upload("aaa", "y"));
});

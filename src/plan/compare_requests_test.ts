import assert from "node:assert/strict";
import { requestsMoved } from "./compare_requests.ts";
import type { PlannedRequest } from "./plan_document.ts";
import { requestIdentity } from "./request_identity.ts";

function post(of: Partial<PlannedRequest> = {}): PlannedRequest {
  const request = {
    groups: ["1"],
    method: "POST",
    url: "https://a.test/x",
    headers: [],
    body: `{"id":1,"tags":["a","b"]}`,
    assumed: false,
    ...of,
  };
  return { ...request, identity: requestIdentity(request, (text) => text) };
}

const CASES: readonly [name: string, was: PlannedRequest[], is: PlannedRequest[], says?: string][] =
  [
    ["the same requests in another order", [post(), post({ url: "b" })], [
      post({ url: "b" }),
      post(),
    ]],
    [
      "one more",
      [post()],
      [post(), post({ url: "https://a.test/y" })],
      "would be sent by 2 requests now, by 1 then",
    ],
    [
      "another method",
      [post()],
      [post({ method: "PUT" })],
      "would be sent by PUT https://a.test/x now, by POST https://a.test/x then",
    ],
    [
      "another batch",
      [post({ groups: ["1", "2"] })],
      [post({ groups: ["1", "2", "3"] })],
      "would be sent with 2 other groups now, with 1 other group then",
    ],
    [
      "another header",
      [post({ headers: [["X-Seed", "1"], ["Date", "then"]] })],
      [post({ headers: [["X-Seed", "2"], ["Date", "now"]] })],
      `would be sent with another header x-seed: "1" then, "2" now`,
    ],
    [
      "a header that came",
      [post()],
      [post({ headers: [["X-Seed", "2"]] })],
      `would be sent with another header x-seed: not there then, "2" now`,
    ],
    [
      "another value deep in the body",
      [post()],
      [post({ body: `{"id":1,"tags":["a","c"]}` })],
      `would be sent with another body: tags[1] is "b" then, "c" now`,
    ],
    [
      "a field that is gone",
      [post()],
      [post({ body: `{"id":1}` })],
      `would be sent with another body: tags is ["a","b"] then, not there now`,
    ],
    [
      "a body that is no JSON",
      [post()],
      [post({ body: "id=1" })],
      "would be sent with another body",
    ],
    [
      "of two, the one that is another",
      [post(), post({ url: "https://a.test/y" })],
      [post({ url: "https://a.test/y", body: `{"id":2}` }), post()],
      `would be sent with another body: id is 1 then, 2 now`,
    ],
    [
      "of two that were the same, the one that is another",
      [post(), post()],
      [post(), post({ body: `{"id":2,"tags":["a","b"]}` })],
      `would be sent with another body: id is 1 then, 2 now`,
    ],
  ];

for (const [name, was, is, says] of CASES) {
  Deno.test(`requestsMoved() tells ${name}`, () => {
    assert.equal(requestsMoved(was, is), says);
  });
}

Deno.test("requestsMoved() does not tell the random line of an upload apart", () => {
  const upload = (boundary: string, text: string) =>
    post({
      headers: [["content-type", `multipart/form-data; boundary=${boundary}`]],
      body: `--${boundary}\r\n${text}\r\n--${boundary}--`,
    });
  assert.equal(requestsMoved([upload("r1", "a")], [upload("r2", "a")]), undefined);
  assert.equal(
    requestsMoved([upload("r1", "a")], [upload("r2", "b")]),
    "would be sent with another body",
  );
});

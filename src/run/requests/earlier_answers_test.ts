import assert from "node:assert/strict";
import type { EgressResponse, GuestRequest } from "~/sandbox/protocol.ts";
import { RequestLog } from "~/store/changes/request_log.ts";
import { openState } from "~/store/file/open_state.ts";
import { EarlierAnswers } from "./earlier_answers.ts";
import { describeRequest, describeResponse } from "./request_text.ts";

const SUBJECT = 7;
const LAST_TRY = { subject: SUBJECT, runId: 1 };
const STAND_IN = "spoor-secret.x1";
const mask = (text: string) => text.replaceAll(/spoor-secret\.\w+/g, "***");

const CREATE: GuestRequest = {
  method: "POST",
  url: "http://a.example/people",
  headers: [["authorization", `Bearer ${STAND_IN}`], ["content-type", "application/json"]],
  body: '{"id":1}',
  timeoutMs: 1_000,
  retries: 0,
  groups: [1],
};

/** Requests and how they ended; a number is the status of an empty answer. Undefined: it did not leave. */
type Recorded = [GuestRequest, number | [status: number, body: string] | undefined];

function answersOf(...recorded: Recorded[]): EarlierAnswers {
  const db = openState(":memory:");
  const log = new RequestLog(db, LAST_TRY.runId, "sync.people");
  for (const [request, end] of recorded) {
    const [status, body] = typeof end === "number" ? [end, ""] : end ?? [undefined, ""];
    const response: EgressResponse = {
      url: "",
      headers: [["x-id", "5"]],
      body,
      attempts: end === undefined ? 0 : 1,
      elapsedMs: 1,
    };
    log.write({
      at: "2026-10-01T08:30:00Z",
      method: request.method,
      url: request.url,
      status,
      attempts: response.attempts,
      elapsedMs: 1,
      idempotencyKey: "",
      subject: SUBJECT,
      request: describeRequest(request, mask),
      response: describeResponse(response, String),
    });
  }
  return new EarlierAnswers(db, mask);
}

const UPDATE = { ...CREATE, method: "PUT", url: "http://a.example/people/17" };

Deno.test("what led to a request that did not leave is answered as then, in its order", () => {
  const answers = answersOf([CREATE, [503, "busy"]], [CREATE, [409, '{"id":17}']], [
    UPDATE,
    undefined,
  ]);

  assert.deepEqual(answers.take(LAST_TRY, CREATE), {
    status: 503,
    headers: [["x-id", "5"]],
    body: "busy",
  });
  assert.equal(answers.take(LAST_TRY, CREATE)?.body, '{"id":17}');
  assert.equal(answers.take(LAST_TRY, CREATE), undefined);
  assert.equal(answers.take(LAST_TRY, UPDATE), undefined);
});

Deno.test("where all has left, nothing is known of the next try", () => {
  assert.equal(answersOf([CREATE, 409], [UPDATE, 500]).take(LAST_TRY, CREATE), undefined);
});

for (
  const [what, change] of [
    ["the body", { body: '{"id":1,"mended":true}' }],
    ["the address", { url: "http://a.example/persons" }],
    ["the method", { method: "PATCH" }],
    ["a header", { headers: [["content-type", "text/plain"]] }],
  ] as const
) {
  Deno.test(`a request that differs in ${what} was not answered yet`, () => {
    const answers = answersOf([CREATE, 409], [UPDATE, undefined]);

    assert.equal(answers.take(LAST_TRY, { ...CREATE, ...change }), undefined);
    assert.equal(answers.take(LAST_TRY, CREATE)?.status, 409);
  });
}

Deno.test("a request is the same under another secret, and with another time in its headers", () => {
  const [request, now] = ["1", "2"].map((time) => ({
    ...CREATE,
    url: `${CREATE.url}?key=spoor-secret.x${time}#${time}`,
    headers: [["authorization", `Bearer spoor-secret.x${time}`], ["date", time]] as const,
  }));
  assert.ok(request && now);
  const recorded = { ...request, url: `${CREATE.url}?key=***` };

  const answers = answersOf([recorded, 409], [UPDATE, undefined]);

  assert.equal(answers.take(LAST_TRY, now)?.status, 409);
});

for (
  const [what, body] of [["that is long", "a".repeat(4_001)], [
    "that is no text",
    "<9 bytes>",
  ]] as const
) {
  Deno.test(`an answer ${what} is not on record as a whole, and is not given again`, () => {
    const answers = answersOf([CREATE, [409, body]], [UPDATE, undefined]);

    assert.equal(answers.take(LAST_TRY, CREATE), undefined);
  });
}

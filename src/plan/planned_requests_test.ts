import assert from "node:assert/strict";
import type { PlannedModel, PlannedRequest } from "./plan_document.ts";
import { PlannedRequests } from "./planned_requests.ts";

const request = (groups: string[], identity: string, assumed = false): PlannedRequest => ({
  groups,
  identity,
  assumed,
  method: "POST",
  url: "https://a.test/",
  headers: [],
  body: null,
});

function requestsOf(...requests: PlannedRequest[]): PlannedRequests {
  return new PlannedRequests({
    models: [{ model: "sync.a", requests } as unknown as PlannedModel],
  });
}

Deno.test("a request is taken as often as it is planned", () => {
  const planned = requestsOf(request(["[1]"], "x"), request(["[1]"], "x"));
  assert.deepEqual([1, 2, 3].map(() => planned.take("sync.a", ["[1]"], "x")), [true, true, false]);
});

Deno.test("a request is its model's, its groups' in whatever order, and no other", () => {
  const planned = requestsOf(request(["[1]", "[2]"], "x"));
  assert.equal(planned.take("sync.b", ["[1]", "[2]"], "x"), false);
  assert.equal(planned.take("sync.a", ["[1]"], "x"), false);
  assert.equal(planned.take("sync.a", ["[1]", "[2]"], "y"), false);
  assert.equal(planned.take("sync.a", ["[2]", "[1]"], "x"), true);
});

Deno.test("what is left does not count requests that hang on an answer", () => {
  const planned = requestsOf(request(["[1]"], "x"), request(["[1]"], "y", true));
  assert.equal(planned.left, 1);
  planned.take("sync.a", ["[1]"], "x");
  assert.equal(planned.left, 0);
});

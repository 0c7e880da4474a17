import assert from "node:assert/strict";
import { keepOutput } from "~/cli/output/output_fixture.ts";
import { PLAIN } from "~/cli/output/style.ts";
import { printUnknown, renderUnknown, type UnknownGroup } from "./unknown_lines.ts";

const TRIES = [1, 2].map((nth) => ({
  nth,
  at: new Date(2026, 0, 31, 0, 0, nth).toISOString(),
  elapsed_ms: 30_000,
  kind: "timeout",
  error: "it did not come within 30 s",
}));

const GROUP: UnknownGroup = {
  change: {
    id: 1,
    model: "sync.crm",
    group_key: "[7]",
    content_hash: "",
    state: "unknown",
    batch: 0,
    attempts: 1,
    run_id: 1,
    error: null,
    parked: 0,
    action: "create",
    moved: 0,
    at: TRIES[0]?.at ?? null,
  },
  model: {
    name: "sync.crm",
    keyColumns: ["id"],
    exportsVerify: false,
    isInProject: true,
    isOfSql: false,
    promise: "at_least_once",
    onRemoved: "forget",
    maxAttempts: 10,
  },
  course: "repeated_first",
  way: { but: undefined, command: "spoor run" },
  key: undefined,
  request: {
    id: 1,
    run_id: 1,
    at: TRIES[0]?.at ?? "",
    method: "POST",
    url: "https://crm.example/",
    status: null,
    error: "no answer",
    attempts: 2,
    elapsed_ms: 60_500,
    idempotency_key: null,
    request: "{}",
    response: JSON.stringify({ headers: {}, body: null, tries: TRIES }),
  },
};

Deno.test("what is unknown is told with the time of its last try, and for programs with each", () => {
  const lines = renderUnknown({ groups: [GROUP], total: 1, inFlight: undefined }, {
    style: PLAIN,
    option: "",
  });
  assert.deepEqual(lines.slice(1, 4), [
    "    POST https://crm.example/  2026-01-31 00:00:01",
    "    no answer",
    "    2 tries, the last at 2026-01-31 00:00:02",
  ]);

  const { output, stdout } = keepOutput();
  printUnknown([GROUP], undefined, output);
  const { request } = JSON.parse(stdout());
  assert.deepEqual([request.attempts, request.tries], [2, TRIES]);
});

import assert from "node:assert/strict";
import { countTests } from "./count_tests.ts";

Deno.test("countTests() reads a summary without failures", () => {
  const output = "a ... ok (1ms)\n\nok | 48 passed | 0 failed (107ms)\n";
  assert.deepEqual(countTests(output, true), { passed: 48, failed: 0, ignored: 0, filteredOut: 0 });
});

Deno.test("countTests() reads the last summary, not one that a test printed", () => {
  const output = "ok | 1 passed | 0 failed (1ms)\nFAILED | 2 passed | 5 failed (107ms)\n";
  assert.deepEqual(countTests(output, false), { passed: 2, failed: 5, ignored: 0, filteredOut: 0 });
});

Deno.test("countTests() takes a failed run without failed tests for a failure", () => {
  const output = "ok | 3 passed | 0 failed (1ms)\nerror: Uncaught\n";
  assert.deepEqual(countTests(output, false), { passed: 3, failed: 1, ignored: 0, filteredOut: 0 });
});

Deno.test("countTests() takes a missing summary for a failure, whatever the exit code", () => {
  assert.deepEqual(countTests("", true), { passed: 0, failed: 1, ignored: 0, filteredOut: 0 });
});

Deno.test("countTests() tells what was not to be run from what was ignored", () => {
  const output = "ok | 3 passed | 0 failed | 2 ignored | 140 filtered out (1m2s)\n";
  assert.deepEqual(countTests(output, true), {
    passed: 3,
    failed: 0,
    ignored: 2,
    filteredOut: 140,
  });
});

import assert from "node:assert/strict";
import { UserError, UserErrors } from "~/base/user_error.ts";
import { renderThrown } from "./error_lines.ts";
import { PLAIN } from "./style.ts";

const view = { style: PLAIN, verbose: false };

Deno.test("an error says what happened, where, and what to do", () => {
  const error = new UserError(
    `Cannot read the model header: "@uniqe_key" is not a directive`,
    {
      at: { path: "models/marts/customers.sql", line: 3 },
      hint: `Did you mean "@unique_key"?`,
      details: ["sql = SELECT 1", "of two\nlines"],
    },
  );
  assert.deepEqual(renderThrown(error, view), [
    `error: Cannot read the model header: "@uniqe_key" is not a directive`,
    "  at models/marts/customers.sql:3",
    "    sql = SELECT 1",
    "    of two",
    "    lines",
    `  hint: Did you mean "@unique_key"?`,
  ]);
});

Deno.test("several errors are shown apart, and counted", () => {
  const errors = new UserErrors([new UserError("Cannot do a"), new UserError("Cannot do b")]);
  assert.deepEqual(renderThrown(errors, view), [
    "error: Cannot do a",
    "",
    "error: Cannot do b",
    "",
    "2 errors",
  ]);
});

Deno.test("a bug is shown without its stack, unless --verbose asks for it", () => {
  const bug = new TypeError("x is not a function");
  assert.deepEqual(renderThrown(bug, view), [
    "error: x is not a function",
    "  hint: This is not a mistake of yours; --verbose shows where in Spoor it happened.",
  ]);
  const verbose = renderThrown(bug, { ...view, verbose: true });
  assert.equal(verbose[0], "error: x is not a function");
  assert.match(verbose[1] ?? "", /^ {2}at .*error_lines_test\.ts:\d+/);
});

Deno.test("--verbose shows the cause of an error too", () => {
  const error = new UserError("Cannot open the file", { cause: new Error("disk on fire") });
  assert.deepEqual(renderThrown(error, view), ["error: Cannot open the file"]);
  const verbose = renderThrown(error, { ...view, verbose: true });
  assert.deepEqual(verbose.slice(0, 3), [
    "error: Cannot open the file",
    "caused by:",
    "error: disk on fire",
  ]);
});

Deno.test("an error's text cannot steer the terminal", () => {
  assert.deepEqual(renderThrown(new UserError("Cannot read \x1b[2J"), view), [
    "error: Cannot read \\x1b[2J",
  ]);
});

Deno.test("a long list below an error folds after ten, and --verbose shows it whole", () => {
  const details = Array.from({ length: 36 }, (_, i) => `thing ${i + 1} has moved`);
  const error = new UserError("Cannot apply the plan", { details });

  const folded = renderThrown(error, view);
  assert.equal(folded.length, 12);
  assert.equal(folded.at(-1), "    … 26 more (--verbose shows them)");
  assert.equal(renderThrown(error, { ...view, verbose: true }).length >= 37, true);
});

import assert from "node:assert/strict";
import { keepOutput, type KeptOutputOptions } from "~/cli/output/output_fixture.ts";
import type { RunEvent } from "~/run/run_event.ts";
import { begins, delivery, ends, finished, requests, skipped, started } from "./run_fixture.ts";
import { RunText, type RunTextOptions } from "./run_text.ts";

interface Show extends Partial<RunTextOptions> {
  output?: KeptOutputOptions;
}

/** What a run prints, without the last line end. */
function show(events: readonly RunEvent[], { output: of = {}, ...options }: Show = {}): string {
  const { output, stdout } = keepOutput(of);
  using text = new RunText(output, {
    all: false,
    verbose: false,
    option: "",
    program: "spoor",
    now: () => 0,
    ...options,
  });
  for (const event of events) text.show(event);
  return stdout().replace(/\n$/, "");
}

/** Lines as they are printed: one argument a line. */
function lines(...all: string[]): string {
  return all.join("\n");
}

const NAMES = ["raw.customers", "mart.customers", "sync.crm"];

Deno.test("a first practice run tells a newcomer what happened and what to look at", () => {
  const printed = show([
    started(NAMES, true),
    begins("raw.customers"),
    ends("raw.customers", { rows: 1_091, elapsed_ms: 64 }),
    begins("mart.customers"),
    ends("mart.customers", { rows: 91 }),
    begins("sync.crm", "tracked"),
    ends("sync.crm", {
      kind: "tracked",
      rows: 91,
      elapsed_ms: 1_310,
      delivery: delivery({ new: 91, saved: 91 }),
      requests: requests(91),
    }),
    finished({ ok: 3, practice: true, requests: requests(91) }),
  ], { option: " --practice" });
  assert.equal(
    printed,
    lines(
      "Practice run of 3 models. Requests go to Spoor's practice API on this machine; nothing leaves it.",
      "",
      "  ok       raw.customers   table        1,091 rows      64 ms  first run",
      "  ok       mart.customers  table           91 rows      12 ms  first run",
      "  ok       sync.crm        tracked         91 rows      1.3 s  first run",
      "           groups    91 new, 0 changed, 0 unchanged, 0 removed",
      "           requests  91 sent to the practice API, 91 accepted, 0 refused; 0 groups left (practice: nothing left this machine)",
      "",
      "Done in 1.2 s: 3 models ok.",
      "Sent to the practice API: 91 groups in 91 requests. Nothing left this machine.",
      "",
      "To see more:",
      "  spoor practice                         what the practice API has received",
      "  spoor query mart.customers --practice  the rows of a table",
    ),
  );
});

Deno.test("a real run says what was sent, without a word of practice", () => {
  const printed = show([
    started(["sync.crm"]),
    begins("sync.crm", "tracked"),
    ends("sync.crm", {
      kind: "tracked",
      reason: "mart.customers changed",
      rows: 91,
      delivery: delivery({ new: 1, changed: 2, unchanged: 88, saved: 3 }),
      requests: requests(3, { retries: 1 }),
    }),
    finished({ ok: 1, requests: requests(3) }),
  ]);
  assert.equal(
    printed,
    lines(
      "Running 1 model.",
      "",
      "  ok       sync.crm  tracked         91 rows      12 ms  mart.customers changed",
      "           groups    1 new, 2 changed, 88 unchanged, 0 removed",
      "           requests  3 sent, 3 accepted, 0 refused, 1 retry; 0 groups left",
      "",
      "Done in 1.2 s: 1 model ok.",
      "Sent: 3 groups in 3 requests.",
    ),
  );
});

Deno.test("a run that finds nothing to do is one line", () => {
  const models = Array.from({ length: 1_000 }, (_, i) => `mart.t${i}`);
  const events = [
    started(models),
    ...models.map((name) => skipped(name)),
    finished({ skipped: 1_000, elapsed_ms: 200 }),
  ];
  assert.equal(show(events), "Nothing to do: 1,000 models are up to date (200 ms)");
  assert.equal(show(events, { all: true }).split("\n").length, 1_003);
});

Deno.test("skipped models are shown with their reason once something runs", () => {
  const printed = show([
    started(["mart.a", "mart.b", "raw.c"]),
    skipped("mart.a"),
    begins("mart.b"),
    ends("mart.b", { changed: false, reason: "definition changed", rows: 5 }),
    begins("raw.c"),
    ends("raw.c", { changed: false, rows: 0 }),
    finished({ ok: 2, skipped: 1 }),
  ]);
  assert.equal(
    printed,
    lines(
      "Running 3 models.",
      "",
      "  skipped  mart.a  table           91 rows             up to date",
      "  ok       mart.b  table            5 rows      12 ms  definition changed; same rows as before",
      "  ok       raw.c   table            0 rows      12 ms  first run",
      "",
      "Done in 1.2 s: 2 models ok, 1 up to date.",
    ),
  );
});

Deno.test("a failure is shown with place and hint, and what it blocks is not called ok", () => {
  const printed = show([
    started(["mart.a", "sync.crm"]),
    begins("mart.a"),
    ends("mart.a", {
      status: "failed",
      changed: false,
      error: {
        message: "Cannot run mart.a: no such column: emial",
        at: { path: "models/mart/a.sql", line: 4 },
        hint: `Did you mean "email"?`,
        details: ["sql = SELECT emial"],
      },
    }),
    ends("sync.crm", {
      kind: "tracked",
      status: "blocked",
      reason: "mart.a failed",
      changed: false,
      elapsed_ms: 0,
    }),
    finished({ status: "failed", failed: 1, blocked: 1 }),
  ]);
  assert.equal(
    printed,
    lines(
      "Running 2 models.",
      "",
      "  failed   mart.a    table                        12 ms  first run",
      "           error: Cannot run mart.a: no such column: emial",
      "             at models/mart/a.sql:4",
      "               sql = SELECT emial",
      `             hint: Did you mean "email"?`,
      "  blocked  sync.crm  tracked                             mart.a failed",
      "",
      "Failed after 1.2 s: 1 model failed, 1 blocked.",
      "Failed: mart.a",
    ),
  );
});

Deno.test("groups that were not accepted are shown, three of them, with their hint once", () => {
  const failure = (id: number) => ({
    key: `customer_id = ${id}`,
    error: { message: `422 from POST /contacts: "no\nmail"`, hint: "Mend the address." },
  });
  const events = [
    started(["sync.crm"], true),
    begins("sync.crm", "tracked"),
    ends("sync.crm", {
      kind: "tracked",
      status: "failed",
      rows: 86,
      delivery: delivery({ new: 91, saved: 80, failed: 8, unknown: 1, left: 2 }),
      requests: requests(89, { accepted: 80, refused: 8 }),
      error: { message: "8 of 91 groups of sync.crm were not accepted" },
      failures: [failure(1), failure(2), failure(3), failure(4)],
    }),
    finished({ status: "failed", practice: true, failed: 1, requests: requests(89) }),
  ];
  assert.equal(
    show(events, { option: " --practice" }).split("\n\n")[1],
    lines(
      "  failed   sync.crm  tracked         86 rows      12 ms  first run",
      "           groups    91 new, 0 changed, 0 unchanged, 0 removed",
      "           requests  89 sent to the practice API, 80 accepted, 8 refused; 2 groups left (practice: nothing left this machine)",
      "           outcome   80 acknowledged, 8 failed, 1 unknown, 2 left; the next run tries those that failed again, " +
        "and sends those that are unknown again, with the same keys (spoor unknown --practice lists them) " +
        "(practice: nothing left this machine)",
      "           error: 8 of 91 groups of sync.crm were not accepted",
      `             customer_id = 1; customer_id = 2; customer_id = 3; … 1 more (--all shows them): 422 from POST /contacts: "no\\nmail"`,
      "             … 5 more (spoor failures sync.crm --all --practice shows them)",
      "             hint: Mend the address.",
    ),
  );
  assert.match(
    show(events),
    /\n11 groups wait to be sent; the next run goes on with them \(practice: nothing left this machine\)\.\n/,
  );
  for (const whole of [{ verbose: true }, { all: true }]) {
    assert.match(
      show(events, whole),
      /customer_id = 3; customer_id = 4: .*\n +… 5 more \(spoor failures sync\.crm --all shows them\)\n/,
    );
  }
});

Deno.test("every line of a practice run about sending says that nothing left the machine", () => {
  const blocked = { why: "9 of 9 groups left its query", command: "spoor run sync.b" };
  const events = [
    started(["sync.a", "sync.b", "sync.c"], true),
    begins("sync.a", "tracked"),
    ends("sync.a", {
      kind: "tracked",
      delivery: delivery({ new: 9, saved: 3, failed: 2, unknown: 2, left: 2 }),
      requests: requests(7),
      recorded: { groups: 2, forgotten: 0 },
      verified: { sent: 1, not_sent: 1, left: 1, not_asked: 1 },
    }),
    begins("sync.b", "tracked"),
    ends("sync.b", {
      kind: "tracked",
      delivery: delivery({ new: 9, left: 9 }),
      requests: requests(0),
      next_blocked: blocked,
    }),
    finished({
      practice: true,
      ok: 2,
      requests: requests(7),
      held_back: { parked: 1, rejected: 1, to_settle: 1 },
      groups: { ...delivery({ saved: 3 }), delivered: 3 },
    }),
  ];
  const unsent = [...events.slice(0, -1), finished({ practice: true, ok: 1 })];

  const about = [events, unsent].flatMap((some) => show(some).split("\n")).filter((line) =>
    /\b(?:sent|sends?|tries|settle)\b/i.test(line)
  );
  assert.ok(about.length > 12, about.join("\n"));
  assert.deepEqual(about.filter((line) => !/nothing left this machine/i.test(line)), []);
});

Deno.test("a project without models is not told that models are up to date", () => {
  assert.match(show([started([]), finished()]), /^Nothing to do: there are no models \(.*\)$/);
});

Deno.test("with --all neither the models that failed nor what an error names are folded", () => {
  const names = Array.from({ length: 12 }, (_, i) => `mart.m${i}`);
  const error = { message: "it fails", details: names.map((name) => `reads ${name}`) };
  const events = [
    started(names),
    ...names.flatMap((name) => [begins(name), ends(name, { status: "failed", error })]),
    finished({ status: "failed", failed: names.length }),
  ];

  const folded = show(events);
  assert.match(folded, /^Failed: .*, mart\.m9, … 2 more \(--all shows them\)$/m);
  assert.match(folded, /reads mart\.m9\n +… 2 more \(--verbose shows them\)\n/);
  const whole = show(events, { all: true });
  assert.match(whole, /^Failed: .*, mart\.m10, mart\.m11$/m);
  assert.match(whole, /reads mart\.m11\n/);
  assert.doesNotMatch(whole, /… /);
});

Deno.test("what a group's error says as its model's does is told once, and so is its hint", () => {
  const error = { message: "Cannot reach x", hint: "Write @allow_net." };
  const printed = show([
    started(["sync.crm"]),
    begins("sync.crm", "tracked"),
    ends("sync.crm", {
      kind: "tracked",
      status: "failed",
      delivery: delivery({ new: 1, failed: 1 }),
      error,
      failures: [{ key: "id = 1", error: { ...error, message: `It ended: ${error.message}` } }],
    }),
    finished({ status: "failed", failed: 1 }),
  ]);

  assert.match(
    printed,
    /error: Cannot reach x\n +hint: Write @allow_net\.\n +id = 1: It ended\n\n/,
  );
});

Deno.test("a long list folds, but never a model that sends", () => {
  const models = Array.from({ length: 40 }, (_, i) => `mart.t${String(i).padStart(2, "0")}`);
  const printed = show([
    started([...models, "sync.crm"]),
    ...models.slice(0, 20).map((name) => skipped(name)),
    ...models.slice(20).flatMap((name) => [begins(name), ends(name)]),
    ends("sync.crm", { kind: "tracked", delivery: delivery(), requests: requests(0) }),
    finished({ ok: 21, skipped: 20 }),
  ]);
  assert.equal(printed.match(/^ {2}skipped /gm)?.length, 10);
  assert.equal(printed.match(/^ {2}ok .*table/gm)?.length, 10);
  assert.match(printed, /^ {2}ok +sync\.crm/m);
  assert.match(printed, /^ {2}… 10 more skipped, 10 more ok \(--all shows them\)$/m);
  assert.match(printed, /\nNothing was sent: no group is new or changed\.$/);
});

Deno.test("a stopped run says what is left", () => {
  const printed = show([
    started(["sync.crm"]),
    begins("sync.crm", "tracked"),
    ends("sync.crm", {
      kind: "tracked",
      status: "cancelled",
      delivery: delivery({ new: 91, saved: 1, left: 90 }),
      requests: requests(1),
    }),
    finished({ status: "cancelled", cancelled: 1, requests: requests(1) }),
  ]);
  assert.match(printed, /^ {2}stopped {2}sync\.crm/m);
  assert.match(
    printed,
    /\nStopped after 1\.2 s: 1 model stopped\.\nSent: 1 group in 1 request\.\n/,
  );
  assert.match(printed, /\n90 groups wait to be sent; the next run goes on with them\.$/);
});

Deno.test("what waits for a person is named with the one command that shows it, as it is typed here", () => {
  const held = { parked: 2, rejected: 0, "to_settle": 1 };
  const events = [started([]), finished({ skipped: 2, held_back: held })];
  assert.match(show(events), /not sent: spoor failures\n.*until you say: spoor unknown$/);
  const inClone = { program: "deno task spoor", option: " --practice" };
  assert.match(
    show(events, inClone),
    /: deno task spoor failures --practice\n.*: deno task spoor unknown --practice$/,
  );
});

Deno.test("a push that lasts gets a line every ten seconds where nothing is redrawn", () => {
  let now = 0;
  const { output, stdout } = keepOutput();
  using text = new RunText(output, {
    all: false,
    verbose: false,
    option: "",
    program: "spoor",
    now: () => now,
  });
  text.show(started(["sync.crm"], true));
  text.show(begins("sync.crm", "tracked"));
  for (; now < 25_000; now += 1_000) {
    const done = now + 1_000;
    const progress = { phase: "sending", done, total: 100_000, rate: 1_000 };
    const left = { "left_ms": 100_000 - done };
    text.show({ type: "model_progress", model: "sync.crm", ...progress, ...left });
  }
  assert.deepEqual(stdout().trimEnd().split("\n").slice(2), [
    "  running  sync.crm  tracked     10.0 s  sending to practice 11,000 of 100,000, 1,000/s, 1 m 29 s left (practice: nothing leaves this machine)",
    "  running  sync.crm  tracked     20.0 s  sending to practice 21,000 of 100,000, 1,000/s, 1 m 19 s left (practice: nothing leaves this machine)",
  ]);
});

Deno.test("a model's log is shown, debug only with --verbose, and cannot steer the terminal", () => {
  const log = (level: "debug" | "warn", message: string): RunEvent => (
    { type: "log", model: "sync.crm", level, message }
  );
  const events = [started(["sync.crm"]), log("debug", "quiet"), log("warn", "two\nlines \x1b[2J")];
  assert.equal(
    show(events),
    lines(
      "Running 1 model.",
      "",
      "  warn     sync.crm: two",
      "           lines \\x1b[2J",
    ),
  );
  assert.match(show(events, { verbose: true }), /\n {2}debug {4}sync\.crm: quiet\n/);
});

Deno.test("changes of a table's columns are shown", () => {
  const printed = show([
    started(["mart.a"]),
    begins("mart.a"),
    ends("mart.a", { column_changes: ["+ tier", "- plan"] }),
    finished({ ok: 1 }),
  ]);
  assert.match(printed, /\n {11}columns {3}\+ tier, - plan\n/);
});

Deno.test("on a terminal what failed is red, and what is ok is green", () => {
  const output = { isTerminal: true, env: {} };
  const failed = show([
    started(["mart.a"]),
    begins("mart.a"),
    ends("mart.a", { status: "failed", error: { message: "Cannot run" } }),
    finished({ status: "failed", failed: 1 }),
  ], { output });
  assert(failed.includes("\x1b[31mfailed\x1b[39m"));
  assert(failed.includes("\x1b[31mFailed after 1.2 s:\x1b[39m"));
  assert(!failed.includes("\x1b[32m"), "nothing is green");
});

Deno.test("the last line adds up what became of the groups, and says where nothing left", () => {
  const groups = {
    delivered: 9,
    ...delivery({ new: 9, saved: 5, rejected: 1, failed: 2, left: 1 }),
  };
  const end = finished({ status: "failed", failed: 1, requests: requests(8), groups });
  assert.match(
    show([started(NAMES), begins("sync.crm", "tracked"), end]),
    /\nGroups: 9 delivered = 5 saved \+ 1 rejected \+ 2 failed \+ 0 unknown \+ 1 left\.$/,
  );
  assert.match(
    show([started(NAMES, true), begins("sync.crm", "tracked"), { ...end, practice: true }]),
    /\nGroups: 9 delivered = .* \(practice: nothing left this machine\)\.\n/,
  );
});

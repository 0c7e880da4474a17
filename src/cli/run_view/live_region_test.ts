import assert from "node:assert/strict";
import { keepOutput } from "~/cli/output/output_fixture.ts";
import { until } from "../../../tests/support/until.ts";
import { LiveRegion } from "./live_region.ts";
import { begins, ends, finished, started } from "./run_fixture.ts";
import { RunText } from "./run_text.ts";

/** What a terminal shows in the end of what was written: obeys the few sequences that are used. */
function screenOf(written: string): string[] {
  const screen: string[] = [""];
  // deno-lint-ignore no-control-regex -- escape sequences are what is read.
  for (const piece of written.match(/\x1b\[\??[\d;]*[A-Za-z]|\n|[^\x1b\n]+/g) ?? []) {
    // deno-lint-ignore no-control-regex
    const up = /^\x1b\[(\d+)A$/.exec(piece)?.[1];
    if (up !== undefined) screen.length -= Number(up) + 1;
    if (up !== undefined) screen.push("");
    else if (piece === "\n") screen.push("");
    else if (!piece.startsWith("\x1b")) screen[screen.length - 1] += piece;
  }
  return screen.slice(0, -1);
}

Deno.test("LiveRegion keeps lines above what it redraws, and goes away in the end", async () => {
  const { output, stdout } = keepOutput({ isTerminal: true });
  let count = 0;
  const region = new LiveRegion(output, () => [`count ${count}`, "second"]);
  await until(() => stdout().includes("count 0"), "count 0 is shown");
  region.keep(["kept"]);
  count = 1;
  await until(() => stdout().includes("count 1"), "count 1 is shown");
  assert.deepEqual(screenOf(stdout()), ["kept", "count 1", "second"]);
  region.keep(["last"]);
  region[Symbol.dispose]();
  assert.deepEqual(screenOf(stdout()), ["kept", "last"]);
});

Deno.test("LiveRegion writes nothing while nothing changes", async () => {
  const { output, stdout } = keepOutput({ isTerminal: true });
  let drawn = 0;
  using _region = new LiveRegion(output, () => {
    drawn++;
    return ["same"];
  });
  await until(() => drawn >= 3, "it was drawn three times");
  assert.equal(stdout().match(/same/g)?.length, 1);
});

Deno.test("a run on a terminal shows running models in lines that fit, and ends clean", async () => {
  const { output, stdout } = keepOutput({ isTerminal: true, columns: 40, env: { NO_COLOR: "1" } });
  const text = new RunText(output, {
    all: false,
    verbose: false,
    option: "",
    program: "spoor",
    now: () => 61_000,
  });
  text.show(started(["mart.customers", "mart.b"]));
  text.show(begins("mart.customers"));
  await until(() => stdout().includes("running"), "running is shown");
  const screen = screenOf(stdout());
  assert.equal(screen.at(-1), "  0 of 2 models done");
  assert.match(screen.at(-2) ?? "", /^ {2}running {2}mart\.customers/);
  assert(screen.slice(2).every((line) => line.length < 40), screen.join("\n"));

  text.show(ends("mart.customers", { rows: 3 }));
  text.show(ends("mart.b"));
  text.show(finished({ ok: 2 }));
  const last = screenOf(stdout());
  assert.deepEqual(last.filter((line) => line.includes("running")), []);
  assert.equal(last.at(-1), "Done in 1.2 s: 2 models ok.");
});

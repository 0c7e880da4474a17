import assert from "node:assert/strict";
import type { ModelStarted } from "~/run/run_event.ts";
import { CurrentModel } from "./current_model.ts";

const started = (model: string): ModelStarted => ({
  type: "model_started",
  model,
  kind: "table",
  reason: "größer als vorher",
});

Deno.test("main sees the model that is still computed when it looks again", () => {
  const engine = new CurrentModel();
  const main = new CurrentModel(engine.memory);
  engine.show(started("a.b"));
  assert.equal(main.takeLasting(), undefined);
  assert.deepEqual(main.takeLasting(), started("a.b"));
  engine.clear();
  assert.equal(main.takeLasting(), undefined);
  assert.equal(main.takeLasting(), undefined);
});

Deno.test("main sees no model that came since it looked", () => {
  const engine = new CurrentModel();
  const main = new CurrentModel(engine.memory);
  for (const name of ["a.b", "a.c", "a.d"]) {
    engine.show(started(name));
    assert.equal(main.takeLasting(), undefined);
    engine.clear();
  }
});

Deno.test("an event that is too long is not shown", () => {
  const engine = new CurrentModel();
  const main = new CurrentModel(engine.memory);
  engine.show(started("x".repeat(5_000)));
  assert.equal(main.takeLasting(), undefined);
  assert.equal(main.takeLasting(), undefined);
});

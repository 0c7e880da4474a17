import assert from "node:assert/strict";
import type { Model } from "~/model/model.ts";
import { decideStep, type StepFacts } from "./decide_step.ts";

const model: Model = {
  name: "mart.customers",
  language: "sql",
  path: "models/mart/customers.sql",
  kind: "table",
  directives: {},
  directiveLines: {},
  references: [{ table: "raw.orders", at: { path: "models/mart/customers.sql" } }],
  fingerprint: "f1",
};
const facts: StepFacts = {
  model,
  state: {
    kind: "table",
    fingerprint: "f1",
    inputs: { "raw.orders": 3 },
    dataVersion: 1,
    rows: 1,
    waiting: 0,
  },
  hasTarget: true,
  inputs: { "raw.orders": 3 },
};
const source: Model = { ...model, language: "ts", references: [] };

/** What a set of facts leads to: the reason to run, or `skip: …`. */
function outcome(change: Partial<StepFacts>): string {
  const { run, reason } = decideStep({ ...facts, ...change });
  return run ? reason : `skip: ${reason}`;
}

Deno.test("decideStep() skips a model whose definition and inputs did not move", () => {
  assert.equal(outcome({}), "skip: up to date");
});

Deno.test("decideStep() says why a model runs", () => {
  const waiting = { ...facts, state: { ...facts.state, waiting: 3 } } as StepFacts;
  assert.equal(outcome({ state: undefined }), "first run");
  assert.equal(outcome({ model: { ...model, fingerprint: "f2" } }), "definition changed");
  assert.equal(outcome({ hasTarget: false }), "its table is missing");
  assert.equal(outcome({ inputs: { "raw.orders": 4 } }), "raw.orders changed");
  assert.equal(
    outcome({ inputs: { "raw.orders": undefined } }),
    "it reads raw.orders, which no model makes",
  );
  assert.equal(outcome({ model: { ...model, directives: { volatile: true } } }), "@volatile");
  const sending: Model = { ...model, language: "ts", kind: "tracked" };
  assert.equal(outcome({ model: sending, hasTarget: false }), "its table is missing");
  const empty = { ...facts.state, rows: 0 } as StepFacts["state"];
  assert.equal(outcome({ model: sending, hasTarget: false, state: empty }), "skip: up to date");
  const open = { ...waiting, model: sending, unacknowledged: 2 };
  assert.equal(outcome(open), "2 groups not acknowledged");
  assert.equal(outcome({ ...open, unacknowledged: 0 }), "its last run may have left groups");
  const asTable: Model = { ...sending, kind: "table", fingerprint: "f2" };
  assert.equal(outcome({ ...open, model: asTable }), "definition changed", "the same");
  const asSql = { ...waiting, model: { ...model, fingerprint: "f2" } };
  assert.equal(outcome(asSql), "definition changed", "it was one that sends before");
  assert.equal(outcome({ forcedBy: "--full" }), "--full");
});

Deno.test("decideStep() runs a source every time, unless files are all it reads and they did not move", () => {
  assert.equal(outcome({ model: source, inputs: {} }), "a source runs every time");
  assert.equal(outcome({ model: source, inputs: {}, movedFiles: [] }), "skip: files unchanged");
  assert.equal(
    outcome({ model: source, inputs: {}, movedFiles: ["data/a.csv"] }),
    "data/a.csv changed",
  );
});

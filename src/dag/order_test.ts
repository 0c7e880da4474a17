import assert from "node:assert/strict";
import type { Model } from "~/model/model.ts";
import { buildGraph, type Graph } from "./graph.ts";
import { orderModels } from "./order.ts";

/** Model → what it reads; the n-th read stands on line n. */
type Reads = Readonly<Record<string, readonly string[]>>;

function graphOf(reads: Reads): Graph {
  const models = Object.entries(reads).map(([name, tables]): [string, Model] => {
    const path = `models/${name.replace(".", "/")}.sql`;
    const references = tables.map((table, i) => ({ table, at: { path, line: i + 1 } }));
    const rest = { directives: {}, directiveLines: {}, references, fingerprint: "" };
    return [name, { name, path, language: "sql", kind: "table", ...rest }];
  });
  return buildGraph(new Map(models)).graph;
}

Deno.test("models come after all they read, by name within a layer", () => {
  const order = orderModels(graphOf({
    "z.last": ["m.two", "m.one"],
    "m.two": ["a.y"],
    "m.one": ["a.x", "a.y"],
    "a.y": [],
    "a.x": [],
  }));
  assert.deepEqual(order.models, ["a.x", "a.y", "m.one", "m.two", "z.last"]);
  assert.deepEqual(order.errors, []);
});

Deno.test("the order does not depend on the order of the files", () => {
  const one = orderModels(graphOf({ "a.a": [], "a.b": [], "a.c": ["a.b", "a.a"] }));
  const two = orderModels(graphOf({ "a.c": ["a.a", "a.b"], "a.b": [], "a.a": [] }));
  assert.deepEqual(one.models, two.models);
});

Deno.test("a cycle is printed, with the place of each of its edges", () => {
  const { errors, models } = orderModels(graphOf({
    "e.f": ["x.y", "a.b"],
    "c.d": ["x.y", "e.f"],
    "a.b": ["c.d"],
    "x.y": [],
    "below.it": ["a.b"],
  }));
  const [error, ...more] = errors;
  assert.deepEqual(more, []);
  assert.equal(error?.message, `Cannot order the models: "a.b → c.d → e.f → a.b" is a cycle`);
  assert.deepEqual(error.at, { path: "models/a/b.sql", line: 1 });
  assert.deepEqual(error.details, [
    "models/a/b.sql:1: a.b reads c.d",
    "models/c/d.sql:2: c.d reads e.f",
    "models/e/f.sql:2: e.f reads a.b",
  ]);
  assert.deepEqual(models, ["x.y"], "what is in a cycle or below one has no place");
});

Deno.test("of many cycles in one knot the shortest is printed, and each knot once", () => {
  const { errors } = orderModels(graphOf({
    "a.a": ["a.b", "a.z"],
    "a.b": ["a.c"],
    "a.c": ["a.a"],
    "a.z": ["a.a"],
    "k.k": ["k.l"],
    "k.l": ["k.k", "a.a"],
  }));
  assert.deepEqual(errors.map((error) => error.message.split('"')[1]).sort(), [
    "a.a → a.z → a.a",
    "k.k → k.l → k.k",
  ]);
});

/** A map that counts how often it is asked. */
class CountingMap<V> extends Map<string, V> {
  asked = 0;
  override get(key: string): V | undefined {
    this.asked++;
    return super.get(key);
  }
}

function workOf(size: number): number {
  const layers = 10;
  const reads: Record<string, string[]> = {};
  for (let i = 0; i < size; i++) {
    const layer = Math.floor((i * layers) / size);
    const width = size / layers;
    reads[`l.m${i}`] = layer === 0 ? [] : [`l.m${i - width}`];
  }
  const graph = graphOf(reads);
  const below = new CountingMap(graph.below);
  const above = new CountingMap(graph.above);
  assert.equal(orderModels({ ...graph, above, below }).models.length, size);
  return above.asked + below.asked;
}

Deno.test("the work to order models grows as their number does", () => {
  const [small, large] = [workOf(100), workOf(10_000)];
  assert.ok(small >= 100, "the work is counted");
  assert.ok(large <= small * 100, `${small} look-ups for 100 models, ${large} for 10,000`);
});

Deno.test("a chain and a cycle of 10,000 models exhaust no stack", () => {
  const chain: Record<string, string[]> = {};
  for (let i = 0; i < 10_000; i++) chain[`l.m${i}`] = i === 0 ? [] : [`l.m${i - 1}`];
  assert.equal(orderModels(graphOf(chain)).models.length, 10_000);

  const cycle = { ...chain, "l.m0": ["l.m9999"] };
  const { errors } = orderModels(graphOf(cycle));
  assert.equal(errors.length, 1);
  assert.equal(errors[0]?.details.length, 10_000);
});

import assert from "node:assert/strict";
import type { Model, Reference } from "~/model/model.ts";
import { buildGraph, type GraphOptions } from "./graph.ts";

/** A model that reads tables, each on a line of its own, the first on line 1. */
function model(name: string, reads: readonly (string | Partial<Reference>)[] = []): Model {
  const path = `models/${name.replace(".", "/")}.sql`;
  const references = reads.map((read, i): Reference => ({
    table: "",
    at: { path, line: i + 1 },
    ...(typeof read === "string" ? { table: read } : read),
  }));
  const directives = {};
  const rest = { directives, directiveLines: {}, references, fingerprint: "" };
  return { name, path, language: "sql", kind: "table", ...rest };
}

function build(models: readonly Model[], options: GraphOptions = {}) {
  return buildGraph(new Map(models.map((model) => [model.name, model])), options);
}

function mistakesOf(models: readonly Model[], options: GraphOptions = {}): string[] {
  return build(models, options).errors.map(({ at, message, hint }) =>
    `${at?.path}:${at?.line} ${message} | ${hint}`
  );
}

Deno.test("a model has an edge from each model it reads, and to each that reads it", () => {
  const { graph, errors } = build([
    model("a.one"),
    model("b.two", ["a.one"]),
    model("b.three", ["b.two", "a.one"]),
  ]);
  assert.deepEqual(errors, []);
  assert.deepEqual(graph.above.get("b.three")?.map((edge) => edge.from), ["b.two", "a.one"]);
  assert.deepEqual(graph.below.get("a.one")?.map((edge) => edge.to), ["b.two", "b.three"]);
  assert.deepEqual(graph.above.get("a.one"), []);
});

Deno.test("names meet as SQLite compares them: ASCII letters regardless of case", () => {
  const { graph, errors } = build([model("Mart.Orders"), model("a.b", ["mart.ORDERS"])]);
  assert.deepEqual(errors, []);
  assert.deepEqual(graph.above.get("a.b")?.map((edge) => edge.from), ["Mart.Orders"]);
});

Deno.test("a table that no model makes and the database does not hold is a mistake", () => {
  assert.deepEqual(mistakesOf([model("mart.customers"), model("a.b", ["a.c", "mart.custmers"])]), [
    `models/a/b.sql:1 Cannot read the table "a.c": no model makes it, and the database does not hold it` +
    ` | Make it by a model, "models/a/c.sql", or correct the name.`,
    `models/a/b.sql:2 Cannot read the table "mart.custmers": no model makes it, and the database does not hold it` +
    ` | Did you mean "mart.customers"?`,
  ]);
});

Deno.test("a model is not taken to mean itself, but the nearest of the others", () => {
  const [words] = mistakesOf([model("mart.orders"), model("mart.ordrs1", ["mart.ordrs2"])]);
  assert.match(words ?? "", /Did you mean "mart\.orders"\?$/);
});

Deno.test("a table without its schema is told with the model of that name", () => {
  const models = [model("mart.customers"), model("a.b", ["Customers", "custmers", "zebra"])];
  assert.deepEqual(mistakesOf(models).map((words) => words.split(" | ")[1]), [
    `Did you mean "mart.customers"?`,
    `Did you mean "mart.customers"?`,
    `Name the table with its schema, as in "staging.zebra".`,
  ]);
});

Deno.test("a table like no other is told with the file that would make it", () => {
  assert.match(
    mistakesOf([model("a.b", ["warehouse.invoices"])]).join(),
    /\| Make it by a model, "models\/warehouse\/invoices\.sql", or correct the name\./,
  );
  assert.match(
    mistakesOf([model("a.b", ["temp.invoices"])]).join(),
    /\| Correct the name: no model can make a table that is called so\./,
  );
});

Deno.test("a table that the database holds can be read without a model", () => {
  const { graph, errors } = build([model("a.b", ["Old.Table"])], { existingTables: ["old.table"] });
  assert.deepEqual(errors, []);
  assert.deepEqual(graph.external.get("a.b"), ["Old.Table"]);
});

Deno.test("a table that the database holds is offered as the nearest name", () => {
  const words = mistakesOf([model("a.b", ["legacy.tabel"])], { existingTables: ["legacy.table"] });
  assert.match(words.join(), /Did you mean "legacy\.table"\?/);
});

Deno.test("a table that a model made which the project no longer has is a mistake", () => {
  const held = {
    existingTables: ["mart.customers", "mart.mine"],
    ranBefore: new Map([["Mart.Customers", "print"], ["mart.dropped", ""]]),
  };
  const renamed = { ...model("mart.clients"), fingerprint: "print" };
  const declared = { table: "mart.customers", declared: true };
  const reader = model("a.b", ["mart.customers", "mart.mine", "mart.dropped", declared]);
  const words = (models: readonly Model[]) => mistakesOf(models, held);

  const [read, dropped, depends] = words([renamed, reader]);
  assert.match(
    read ?? "",
    /^models\/a\/b\.sql:1 Cannot read the table "mart\.customers": the project no longer has the model that made it.* \| Did you mean "mart\.clients"\? .*CREATE TABLE "kept\.customers" AS/,
  );
  assert.match(dropped ?? "", /:3 Cannot read .* the database does not hold it/);
  assert.match(depends ?? "", /:4 Cannot depend on "mart\.customers": the project no longer/);
  assert.match(words([reader])[0] ?? "", /\| Put the model back, or/);
  assert.match(words([model("crm.customers"), reader])[0] ?? "", /Did you mean "crm\.customers"\?/);
  assert.deepEqual(words([model("mart.customers"), model("a.b", ["MART.customers"])]), []);
  assert.deepEqual(
    mistakesOf([model("a.b", ["mart.customers"])], { ...held, unreadable: ["mart.customers"] }),
    [],
  );
  // It is no name to be offered either.
  assert.match(
    words([model("a.b", ["mart.customer"])])[0] ?? "",
    /\| Did you mean "mart\.mine"|\| Make/,
  );
});

Deno.test("Spoor's own tables can be read", () => {
  const { graph, errors } = build([model("a.b", ["spoor.runs"])]);
  assert.deepEqual(errors, []);
  assert.deepEqual(graph.external.get("a.b"), ["spoor.runs"]);
});

Deno.test("to read a model whose file could not be read is no further mistake", () => {
  const { graph, errors } = build([model("a.b", ["a.Broken"])], { unreadable: ["a.broken"] });
  assert.deepEqual(errors, []);
  assert.deepEqual(graph.above.get("a.b"), []);
});

Deno.test("a model that reads itself is a mistake, also where the database holds its table", () => {
  assert.deepEqual(mistakesOf([model("a.b", ["A.B"])], { existingTables: ["a.b"] }), [
    `models/a/b.sql:1 Cannot read "a.b" in its own model: it would read itself` +
    ` | Read what "a.b" is made from; a model is computed from other tables alone.`,
  ]);
});

Deno.test("@depends_on is told in its own words", () => {
  const declared = (table: string) => ({ table, declared: true });
  const models = [
    model("mart.customers"),
    model("a.b", [declared("mart.custmers"), declared("a.b")]),
  ];
  assert.deepEqual(mistakesOf(models), [
    `models/a/b.sql:1 Cannot depend on "mart.custmers": no model has that name, and the database holds no such table` +
    ` | Did you mean "mart.customers"?`,
    `models/a/b.sql:2 Cannot read "a.b" in its own model: "@depends_on" names the model itself` +
    ` | Remove the name from the line.`,
  ]);
});

Deno.test("of a thousand missing tables all are told, and the nearest name of the first 200", () => {
  const models = Array.from(
    { length: 1_000 },
    (_, i) => model(`a.m${i}`, [`gone.m${(i + 1) % 1_000}`]),
  );
  const { errors } = build(models);
  assert.equal(errors.length, 1_000);
  assert.equal(errors.filter((error) => error.hint?.startsWith("Did you mean")).length, 200);
});

import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { buildGraph } from "./graph.ts";
import { orderModels } from "./order.ts";
import { selectModels } from "./selectors.ts";

/** raw.a → mart.b → sync.c, and raw.a → mart.d; sync.c and mart.d carry tags. */
const MODELS = [
  model("sync.c", ["mart.b"], ["crm", "daily"]),
  model("mart.b", ["raw.a"]),
  model("mart.d", ["raw.a"], ["daily"]),
  model("raw.a"),
];

function model(name: string, reads: string[] = [], tags?: string[]): Model {
  const path = `models/${name.replace(".", "/")}.sql`;
  const references = reads.map((table) => ({ table, at: { path, line: 1 } }));
  const directives = tags ? { tags } : {};
  const rest = { directives, directiveLines: {}, references, fingerprint: "" };
  return { name, path, language: "sql", kind: "table", ...rest };
}

function select(...selectors: string[]): string[] {
  const { graph } = buildGraph(new Map(MODELS.map((model) => [model.name, model])));
  return selectModels(selectors, graph, orderModels(graph).models);
}

const SELECTED: [selectors: string[], models: string[]][] = [
  [[], ["raw.a", "mart.b", "mart.d", "sync.c"]],
  [["mart.b"], ["mart.b"]],
  [["MART.B"], ["mart.b"]],
  [["+mart.b"], ["raw.a", "mart.b"]],
  [["mart.b+"], ["mart.b", "sync.c"]],
  [["+mart.b+"], ["raw.a", "mart.b", "sync.c"]],
  [["raw.a+"], ["raw.a", "mart.b", "mart.d", "sync.c"]],
  [["tag:daily"], ["mart.d", "sync.c"]],
  [["+tag:crm"], ["raw.a", "mart.b", "sync.c"]],
  [["mart.*"], ["mart.b", "mart.d"]],
  [["*.?"], ["raw.a", "mart.b", "mart.d", "sync.c"]],
  [["+sync.*"], ["raw.a", "mart.b", "sync.c"]],
  [["sync.c", "raw.a", "sync.*"], ["raw.a", "sync.c"]],
];

for (const [selectors, models] of SELECTED) {
  Deno.test(`"${selectors.join(" ")}" selects ${models.join(", ")}`, () => {
    assert.deepEqual(select(...selectors), models);
  });
}

const REFUSED: [selector: string, message: string, hint: string][] = [
  ["mart.bb", `"mart.bb" is not a model`, `Did you mean "mart.b"?`],
  ["d", `"d" is not a model`, `Did you mean "mart.d"?`],
  ["models/sync/c.sql", `"models/sync/c.sql" is not a model`, `Did you mean "sync.c"?`],
  ["SYNC", `"SYNC" is not a model`, `Did you mean "sync.*"?`],
  ["models/mart/", `"models/mart/" is not a model`, `Did you mean "mart.*"?`],
  ["warehouse.invoices", `"warehouse.invoices" is not a model`, `A model is named by its folder`],
  ["tag:dayly", `no model has the tag "dayly"`, `Did you mean "tag:daily"?`],
  ["tag:zebra", `no model has the tag "zebra"`, `The tags are crm, daily.`],
  ["zebra.*", `no model's name matches "zebra.*"`, `A name is "schema.name"`],
  ["mart.(b|d)*", `no model's name matches "mart.(b|d)*"`, `A name is "schema.name"`],
  ["+", `"+" names no model`, `Write it as in "+mart.customers".`],
  ["", `"" names no model`, `Write it as in "+mart.customers".`],
];

for (const [selector, state, hint] of REFUSED) {
  Deno.test(`"${selector}" selects nothing, which is a wrong call`, () => {
    assert.throws(() => select("mart.b", selector), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.message, `Cannot select models: ${state}`);
      assert.ok(error.hint?.startsWith(hint), error.hint);
      assert.equal(error.exitCode, 2);
      return true;
    });
  });
}

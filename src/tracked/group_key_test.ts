import assert from "node:assert/strict";
import { renderGroupKey } from "./group_key.ts";

Deno.test("renderGroupKey() tells a text from the number or the nothing that it looks like", () => {
  const render = (value: string | number) => renderGroupKey(["id"], [value]);
  assert.deepEqual([render(7), render("7"), render("-1.5")], ["id = 7", "id = '7'", "id = '-1.5'"]);
  assert.deepEqual([render(""), render("EU"), render("7a")], ["id = ''", "id = EU", "id = 7a"]);
});

import assert from "node:assert/strict";
import { SPOOR_VALUES } from "~/sandbox/protocol.ts";
import { SPOOR_TYPES } from "./spoor_names.ts";

Deno.test("the names that models import are those of the API", async () => {
  const api = await Deno.readTextFile(new URL("../guest/api.ts", import.meta.url));
  const namesOf = (what: string) =>
    [...api.matchAll(new RegExp(`^export (?:declare )?(?:${what}) (\\w+)`, "gm"))]
      .map(([, name]) => name).sort();

  assert.deepEqual([...SPOOR_VALUES].sort(), namesOf("const|function|class"));
  assert.deepEqual([...SPOOR_TYPES].sort(), namesOf("type|interface"));
});

import assert from "node:assert/strict";
import { KEY_BYTES, openText, sealText } from "./sealed_text.ts";

const KEY = new Uint8Array(KEY_BYTES).fill(7);

Deno.test("openText() gives back what sealText() was given, and the same text never looks the same", async () => {
  const [one, two] = [await sealText(KEY, "a", "tökén"), await sealText(KEY, "a", "tökén")];
  assert.notDeepEqual(one, two);
  assert.equal(await openText(KEY, "a", one), "tökén");
  assert.equal(await openText(KEY, "a", two), "tökén");
});

Deno.test("openText() opens nothing by another key or label, and nothing that was changed", async () => {
  const sealed = await sealText(KEY, "a", "token");
  assert.equal(await openText(new Uint8Array(KEY_BYTES), "a", sealed), undefined);
  assert.equal(await openText(KEY, "b", sealed), undefined);
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.with(i, (sealed[i] ?? 0) ^ 1);
    assert.equal(await openText(KEY, "a", changed), undefined, String(i));
  }
  for (const cut of [0, 1, 12, 20]) {
    assert.equal(await openText(KEY, "a", sealed.subarray(0, cut)), undefined, String(cut));
  }
});

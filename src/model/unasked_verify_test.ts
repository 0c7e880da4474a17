import assert from "node:assert/strict";
import type { Model } from "./model.ts";
import { warnUnaskedVerify } from "./unasked_verify.ts";

const SENDING: Model = {
  name: "sync.a",
  language: "ts",
  path: "models/sync/a.ts",
  kind: "tracked",
  directives: { allowNet: ["a.example"] },
  directiveLines: {},
  references: [],
  fingerprint: "",
  exportsVerify: true,
};

Deno.test("a verify that is never asked is warned of, and only that", () => {
  const warning = warnUnaskedVerify(SENDING);
  assert.match(warning?.message ?? "", /^sync\.a exports verify, which is never asked: /);
  assert.match(warning?.hint ?? "", /"\/\/ @delivery: at_most_once"/);

  const { allowNet = [] } = SENDING.directives;
  const asked: Model = { ...SENDING, directives: { allowNet, delivery: "at_most_once" } };
  for (
    const fine of [asked, { ...SENDING, exportsVerify: false }, { ...SENDING, directives: {} }]
  ) {
    assert.equal(warnUnaskedVerify(fine), undefined);
  }
});

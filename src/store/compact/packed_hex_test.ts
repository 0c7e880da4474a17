import assert from "node:assert/strict";
import { packHex, unpackHex } from "./packed_hex.ts";

Deno.test("packHex() gives each digest bytes of its own", () => {
  const digests = ["00ff7a4653a61a24007ed603ccd49331", "ff007a4653a61a24007ed603ccd49331"];

  const packed = digests.map(packHex);

  assert.deepEqual(packed.map((each) => each.length), [16, 16]);
  assert.deepEqual(packed.map(unpackHex), digests);
});

Deno.test("packHex() leaves a text as it is that is no digest", () => {
  for (const text of ["", "00ff", "as long as a digest, and is none", "00FF".repeat(8)]) {
    assert.equal(packHex(text), text);
  }
});

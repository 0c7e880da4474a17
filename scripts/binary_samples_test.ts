import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SAMPLED, SAMPLED_FILES, sampleFilter } from "./binary_samples.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

Deno.test("every sample for the compiled program is a test of its file", async () => {
  for (const [file, samples] of SAMPLED.flatMap(({ files }) => Object.entries(files))) {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    for (const sample of samples) {
      assert.ok(['"', "`"].some((quote) => text.includes(quote + sample)), `${file}: ${sample}`);
    }
  }
});

Deno.test("a file of which no sample is run starts no Spoor, or its kind is sampled in another", () => {
  for (const { because, files } of SAMPLED) {
    const isSampled = Object.values(files).flat().length > 0;
    assert.equal(isSampled, !because.startsWith("no Spoor is started"), because);
  }
});

Deno.test("no file is sampled for two reasons", () => {
  assert.equal(new Set(SAMPLED_FILES).size, SAMPLED_FILES.length);
});

Deno.test("sampleFilter() takes the samples and nothing that only looks like one", () => {
  const pattern = new RegExp(sampleFilter().slice(1, -1));
  const names = SAMPLED.flatMap(({ files }) => Object.values(files).flat());
  for (const name of names) assert.match(`${name}, and so on`, pattern);
  assert.doesNotMatch("no escape for a model that loops forever", pattern);
});

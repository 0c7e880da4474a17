import assert from "node:assert/strict";
import { runGuest } from "~/sandbox/testing/run_guest.ts";

/** The examples of `api.ts`; they cannot run as they are, since only a guest has "spoor". */
async function examples(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("./api.ts", import.meta.url));
  return [...text.matchAll(/```ts ignore\n([^]*?)```/g)].map(([, lines = ""]) =>
    lines.replace(/^ +\* ?/gm, "")
  );
}

for (const [i, example] of (await examples()).entries()) {
  const firstUse = example.split("\n").find((line) =>
    /query|files|changes/.test(line) && !/import/.test(line)
  );
  Deno.test(`example ${i + 1} of the API runs in a guest: ${firstUse}`, async () => {
    const isTracked = !/import .*\bsave\b/.test(example);
    const run = await runGuest(example, {
      kind: isTracked ? "tracked" : "table",
      uniqueKey: isTracked ? ["id"] : [],
      rows: [{ id: 1, email: "ada@a.test", price: 2, quantity: 3 }],
      secrets: { SIGNING_KEY: "spoor-secret-1" },
      files: { "data/orders/1.csv": "id\n1\n" },
      respond: () => ({ status: 201, body: new TextEncoder().encode(`{"id":7}`) }),
    });

    assert.equal(run.error, undefined);
    assert.equal(run.saved.length + run.acknowledged.length, 1);
    assert.deepEqual(run.failedGroups, []);
  });
}

Deno.test("api.ts has examples, and imports nothing: it is given to editors as it is", async () => {
  const text = await Deno.readTextFile(new URL("./api.ts", import.meta.url));

  assert.equal((await examples()).length, 10);
  assert.doesNotMatch(text, /^import/m);
});

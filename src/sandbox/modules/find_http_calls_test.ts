import assert from "node:assert/strict";
import { findHttpCalls } from "./find_http_calls.ts";
import { parseModule } from "./syntax_tree.ts";

async function callsOf(source: string) {
  return findHttpCalls(await parseModule("models/a/b.ts", source, "typescript"));
}

Deno.test("calls that write are found under whatever name http has", async () => {
  for (
    const [names, call] of [
      ["{ http }", "http.post(url)"],
      ["{ http }", `http["put"](url)`],
      ["{ http as api }", "api.patch(url)"],
      ["* as spoor", "spoor.http.delete(url)"],
      ["{ http }", "http?.upload(url, file)"],
    ]
  ) {
    const source = `import ${names} from "spoor";\nconst f = async () =>\n  await ${call};\n`;
    assert.deepEqual(await callsOf(source), { sendsAt: 3 }, source);
  }
});

Deno.test("reading, other objects and mere names are no calls that write", async () => {
  for (
    const source of [
      `import { http } from "spoor";\nhttp.get(url); http.post; const post = 1;`,
      `import { http } from "./http.ts";\nhttp.post(url);`,
      `import { save } from "spoor";\nhttp.post(url); save.http.post(url);`,
      `import * as spoor from "spoor";\nspoor.post(url); spoor.https.post(url);`,
    ]
  ) assert.deepEqual(await callsOf(source), {}, source);
});

Deno.test("services that are named as a text are found, and no others", async () => {
  const calls = await callsOf(
    `import { http } from "spoor";\nhttp.oauth("crm");\nhttp.oauth({ provider: "erp" });\n` +
      `http.oauth(name); http.oauth({ provider: name }); http.oauth({ tokenUrl: "x", ...more });\n`,
  );
  assert.deepEqual(calls, { services: [{ name: "crm", line: 2 }, { name: "erp", line: 3 }] });
});

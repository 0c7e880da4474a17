import assert from "node:assert/strict";
import { PLAIN } from "~/cli/output/style.ts";
import { renderModel, type RunView } from "./model_lines.ts";
import { delivery, ends, requests } from "./run_fixture.ts";

const VIEW: RunView = {
  style: PLAIN,
  practice: false,
  option: "",
  verbose: false,
  all: false,
  nameWidth: 8,
};

Deno.test("of a model that has written nothing it is not said that rows are the same", () => {
  const [line = ""] = renderModel(ends("raw.a", { changed: false }), VIEW);

  assert.match(line, /raw\.a .* first run$/);
});

Deno.test("a model that failed before it had sent all says what became of its groups", () => {
  const lines = renderModel(
    ends("sync.crm", {
      kind: "tracked",
      status: "failed",
      delivery: delivery({ new: 8, saved: 1, left: 7 }),
      requests: requests(1),
    }),
    VIEW,
  );

  assert.match(lines.join("\n"), /^ +outcome +1 acknowledged, 0 failed, 0 unknown, 7 left$/m);
});

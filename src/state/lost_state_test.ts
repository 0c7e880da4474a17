import assert from "node:assert/strict";
import { findLostState, type FormerModel, type LostStateFacts } from "./lost_state.ts";
import { NOTHING_STORED } from "./stored_state_fixture.ts";
import type { StoredState } from "./stored_states.ts";

const FORMER: FormerModel = {
  model: "sync.people",
  acceptedRows: 7,
  fingerprint: "f1",
  uniqueKey: ["id"],
  reads: ["raw.people"],
  hosts: ["crm.example", "crm.example:443"],
};

/** A model that is like the former one in nothing. */
function facts(change: Partial<LostStateFacts> = {}): LostStateFacts {
  return {
    model: { name: "sync.contacts", fingerprint: "f2", path: "models/sync/contacts.ts" },
    uniqueKey: ["email"],
    reads: ["mart.contacts"],
    hosts: ["mail.example"],
    own: NOTHING_STORED,
    formers: [FORMER],
    option: "",
    ...change,
  };
}

Deno.test("findLostState() lets a model begin that is like no former one", () => {
  assert.equal(findLostState(facts()), undefined);
  assert.equal(findLostState(facts({ formers: [] })), undefined);
  assert.equal(findLostState(facts({ uniqueKey: ["id"] })), undefined, "it sends elsewhere");
  assert.equal(findLostState(facts({ hosts: ["crm.example"] })), undefined, "it has another key");
});

const ALIKE:
  readonly (readonly [name: string, change: Partial<LostStateFacts>, because: RegExp])[] = [
    [
      "the same file",
      { model: { name: "sync.contacts", fingerprint: "f1", path: "p" } },
      /its file is the same/,
    ],
    [
      "the same name in another schema",
      { model: { name: "crm.People", fingerprint: "f2", path: "p" } },
      /the same name in another schema/,
    ],
    [
      "the same key and tables",
      { uniqueKey: ["id"], reads: ["raw.people"] },
      /the same unique key and reads the same tables/,
    ],
    [
      "the same key, where it is not known what the former one read",
      { uniqueKey: ["id"], formers: [{ ...FORMER, reads: [] }] },
      /the same unique key/,
    ],
    ["the same tables", { reads: ["raw.people"] }, /: it reads the same tables/],
    [
      "the same key and host",
      { uniqueKey: ["id"], hosts: ["crm.example:443"] },
      /the same unique key and sends to the same host/,
    ],
  ];

for (const [name, change, because] of ALIKE) {
  Deno.test(`findLostState() takes a model for a renamed one by ${name}`, () => {
    const lost = findLostState(facts({ ...change, option: " --practice" }));
    const renamed = change.model?.name ?? "sync.contacts";

    assert.match(lost?.message ?? "", /it has no state, and sync\.people, .* has 7 accepted rows$/);
    assert.match(lost?.details.join() ?? "", because);
    assert.ok(lost?.hint?.includes(`"spoor state mv sync.people ${renamed} --practice"`));
    assert.ok(lost?.hint?.includes(`"spoor run ${renamed} --resend ${renamed} --practice"`));
  });
}

Deno.test("findLostState() names all former models that are alike, and moves none of them by itself", () => {
  const other = { ...FORMER, model: "sync.leads", acceptedRows: 1 };

  const lost = findLostState(facts({ reads: ["raw.people"], formers: [FORMER, other] }));

  assert.match(
    lost?.message ?? "",
    /sync\.people, .* has 7 accepted rows; sync\.leads, .* 1 accepted/,
  );
  assert.match(lost?.details.join() ?? "", /One of sync\.people, sync\.leads was probably renamed/);
  assert.match(lost?.hint ?? "", /"spoor state mv OLD sync\.contacts" with the name that it had/);
});

Deno.test("findLostState() leaves a model alone that has a state of its own", () => {
  const model = { name: "crm.people", fingerprint: "f1", path: "p" };
  const own: readonly Partial<StoredState>[] = [
    { acceptedRows: 1 },
    { kind: "tracked", acceptedRows: 0 },
    { acceptedRows: 0, changes: { sent: 1 } },
  ];
  for (const each of own) {
    assert.equal(findLostState(facts({ model, own: { ...NOTHING_STORED, ...each } })), undefined);
  }
});

Deno.test("findLostState() tells a table with hashes from one that never was tracked", () => {
  const target = { target: "table", rows: 3, kind: "tracked" } as const;

  const lost = findLostState(
    facts({ own: { ...NOTHING_STORED, ...target, hasContentHash: true } }),
  );
  assert.match(lost?.message ?? "", /no longer in the state file, though its table has 3 rows$/);

  const other = findLostState(
    facts({ own: { ...NOTHING_STORED, ...target, hasContentHash: false } }),
  );
  assert.equal(other, undefined, "it was of another kind before");
  const emptied = { ...NOTHING_STORED, ...target, hasContentHash: true, acceptedRows: 0 };
  assert.equal(findLostState(facts({ own: emptied })), undefined, "its unique key is a new column");
});

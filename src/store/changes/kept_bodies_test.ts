import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { startRun } from "~/store/runs.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { BODIES_BYTES, BODIES_KEPT, OPEN_BYTES, OPEN_KEPT, pruneBodies } from "./kept_bodies.ts";
import { Ledger, type LedgerStand } from "./ledger.ts";
import { RequestLog } from "./request_log.ts";

/** A state of which requests can be recorded, and what stands in the ledger. */
class State implements Disposable {
  readonly db = new DatabaseSync(":memory:");
  readonly #ledger: Ledger;
  readonly #log: RequestLog;
  #runs = 0;

  constructor() {
    for (const sql of MIGRATIONS) this.db.exec(sql);
    this.startRun();
    this.#ledger = new Ledger(this.db, "sync.crm");
    this.#log = new RequestLog(this.db, 1, "sync.crm");
    this.db.exec("BEGIN");
  }

  startRun(): void {
    this.#runs = startRun(this.db, "spoor run", "0.1.0", "2026-01-01T00:00:00.000Z");
  }

  sent(subject: number, { request = "{}", status = 200 } = {}): void {
    this.#log.write({
      at: "2026-01-01T00:00:01.000Z",
      method: "POST",
      url: "https://crm.example/",
      status,
      attempts: 1,
      elapsedMs: 1,
      idempotencyKey: "",
      subject,
      request,
      response: "",
    });
  }

  stands(id: number, state: LedgerStand["state"], batch = 0): void {
    const change = {
      id,
      groupKey: `[${id}]`,
      contentHash: "1:a",
      batch,
      place: 0,
      attempts: 1,
      action: "create" as const,
      moved: false,
      settledHash: undefined,
    };
    this.#ledger.write([change], { state, parked: false, runId: 1, at: "2026-01-01" });
  }

  accepted(id: number): void {
    this.#ledger.remove([id]);
  }

  /** The subjects of requests whose bodies are kept. */
  kept(): number[] {
    pruneBodies(this.db, this.#runs);
    return this.db.prepare(
      `SELECT change_id AS id FROM "spoor.request_records"
       WHERE id IN (SELECT request_id FROM "spoor.request_bodies") ORDER BY id`,
    ).all().map(({ id }) => Number(id));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

Deno.test("the bodies of the newest requests are kept, whatever became of them", () => {
  using state = new State();
  for (let i = 1; i <= BODIES_KEPT + 2_500; i++) state.sent(i);

  const kept = state.kept();

  assert.equal(kept.length, BODIES_KEPT);
  assert.equal(kept[0], 2_501);
});

Deno.test("fewer of the newest bodies are kept where they are long", () => {
  using state = new State();
  for (let i = 1; i <= 150; i++) state.sent(i, { request: "x".repeat(BODIES_BYTES / 64) });

  assert.equal(state.kept().length, 64);
});

/** Enough that all before them are older ones. */
function sendMuch(state: State): void {
  for (let i = 0; i < BODIES_KEPT + 1_000; i++) state.sent(1_000_000 + i);
}

Deno.test("the bodies of a change that is not accepted are kept beside the newest, until it is", () => {
  using state = new State();
  for (const [id, status] of [[1, 422], [2, 200], [3, 200], [4, 200]] as const) {
    state.stands(id, status === 200 ? "sent" : "failed");
    state.sent(id, { status });
  }
  state.stands(2, "unknown");
  state.accepted(3);
  state.stands(4, "rejected");
  sendMuch(state);

  const ofOld = () => state.kept().filter((id) => id < 1_000_000);
  assert.deepEqual(ofOld(), [1, 2, 4]);
  state.accepted(1);
  assert.deepEqual(ofOld(), [2, 4]);
});

Deno.test("a batch's bodies are kept while one of its groups is not accepted", () => {
  using state = new State();
  for (const [first, batch] of [[1, -1], [3, -2]] as const) {
    state.stands(first, "sent", batch);
    state.stands(first + 1, "sent", batch);
    state.sent(batch);
    state.accepted(first);
  }
  state.stands(2, "rejected", -1);
  state.accepted(4);
  sendMuch(state);

  assert.deepEqual(state.kept().filter((id) => id < 1_000_000), [-1]);
});

Deno.test("of a change that fails in every run the last bodies are kept", () => {
  using state = new State();
  state.stands(1, "failed");
  for (let i = 0; i < 500; i++) state.sent(1);
  sendMuch(state);

  assert.equal(state.kept().filter((id) => id === 1).length, 10);
});

for (
  const { of, bytes, atLeast } of [
    { of: "a million's first part that fails", bytes: 2, atLeast: OPEN_KEPT / 2 - 1 },
    { of: "long bodies that fail", bytes: 4_000, atLeast: OPEN_BYTES / 2 / 4_000 - 1 },
  ]
) {
  Deno.test(`of ${of}, the newest are kept in the room that there is`, () => {
    using state = new State();
    const request = "x".repeat(bytes);
    const sent = BODIES_KEPT + 3 * OPEN_KEPT;
    for (let i = 1; i <= sent; i++) {
      state.stands(i, "failed");
      state.sent(i, { request, status: 422 });
    }

    const kept = state.kept();
    const newest = Math.min(BODIES_KEPT, Math.floor(BODIES_BYTES / bytes));
    assert.ok(kept.length <= newest + OPEN_KEPT, `${kept.length} bodies`);
    assert.ok(kept.length >= newest + atLeast, `${kept.length} bodies`);
    assert.ok(kept.length * bytes <= BODIES_BYTES + OPEN_BYTES, `${kept.length * bytes} bytes`);
    assert.equal(kept[0], sent - kept.length + 1, "those that are gone are the oldest");
  });
}

Deno.test("a run that has sent nothing looks at no bodies", () => {
  using state = new State();
  state.stands(1, "failed");
  state.sent(1);
  sendMuch(state);
  state.kept();
  state.accepted(1);

  state.startRun();

  assert.equal(state.kept()[0], 1);
});

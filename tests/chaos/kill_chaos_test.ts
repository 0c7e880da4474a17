/**
 * `kill -9` at random instants, again and again, until a run gets to its end. Counted at the far end: nothing
 * is lost, nothing is marked that did not arrive, and what comes again has the key and the body that it had. At most
 * once, nothing comes again: what is unknown waits until a person has looked at the far side.
 *
 * `SPOOR_KILLS=1000` kills more often; `SPOOR_SEED=17` draws other instants.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its figure is to be seen.
import assert from "node:assert/strict";
import { Random } from "../simulation/random.ts";
import { fakeApi } from "../support/fake_api.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { FarBook } from "./far_book.ts";
import { settleUnknown } from "./person.ts";

const KILLS = Number(Deno.env.get("SPOOR_KILLS") ?? (TESTS_BINARY ? 30 : 200));
const SEED = Number(Deno.env.get("SPOOR_SEED") ?? 1);
/** Projects at a time: most of the time goes into starting processes. */
const AT_ONCE = 2;
/** A run that nobody kills in time has done its work; then there is new work. */
const MOST_RUNS_PER_KILL = 4;
/** How often a person comes after a kill, where what is unknown waits for one. */
const SETTLED = 0.4;

type Delivery = "at_least_once" | "at_most_once";

interface Form {
  delivery: Delivery;
  concurrency: number;
  rows: number;
  /** Groups in a request; 1: one by one. */
  batch: number;
}

const FORMS: readonly Form[] = (["at_least_once", "at_most_once"] as const).flatMap((delivery) =>
  [1, 8, 64].flatMap((concurrency) => [
    { delivery, concurrency, rows: concurrency === 1 ? 50 : 200, batch: 1 },
    { delivery, concurrency, rows: 240, batch: concurrency === 64 ? 3 : 10 },
  ])
);

Deno.test("killed at random instants, a push loses nothing and marks nothing that did not arrive", async () => {
  console.log(`seed ${SEED}`);
  const share = Math.ceil(KILLS / FORMS.length);
  const waiting = [...FORMS.entries()];
  const histories: Chaos[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, form] = next;
      const chaos = new Chaos(form, new Random(SEED * 1_000 + index));
      histories.push(chaos);
      await chaos.play(share);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const sum = (count: (chaos: Chaos) => number) =>
    histories.reduce((total, chaos) => total + count(chaos), 0);
  console.log(
    `${sum(({ kills }) => kills)} kills: ${sum(({ lost }) => lost)} lost, ` +
      `${sum(({ wrong }) => wrong.length)} wrongly marked, ` +
      `${sum(({ book }) => book.repeats)} repeats (at most ${sum(mostRepeats)}), ` +
      `${sum(({ settled }) => settled)} groups settled by a person`,
  );
  for (const chaos of histories) {
    const { form, lost, wrong, settled, book: { repeats, otherwise } } = chaos;
    const told = JSON.stringify(form);
    assert.deepEqual(otherwise, [], told);
    assert.deepEqual(wrong, [], told);
    assert.equal(lost, 0, told);
    assert.ok(repeats <= mostRepeats(chaos), `${told}: ${repeats} repeats of ${chaos.kills} kills`);
    const most = mostSettled(chaos);
    assert.ok(settled <= most, `${told}: ${settled} groups settled of ${chaos.kills} kills`);
  }
  assert.ok(sum(({ kills }) => kills) >= KILLS);
});

function mostRepeats({ form, kills }: Chaos): number {
  return form.delivery === "at_least_once" ? kills * form.concurrency : 0;
}

function mostSettled({ form, kills }: Chaos): number {
  return form.delivery === "at_most_once" ? kills * form.concurrency * form.batch : 0;
}

/** One project that is killed often. */
class Chaos {
  kills = 0;
  lost = 0;
  /** Groups that a person was asked about. */
  settled = 0;
  readonly wrong: string[] = [];
  readonly book = new FarBook();
  #version = 0;
  #onArrival: (() => void) | undefined;

  constructor(readonly form: Form, private readonly random: Random) {}

  async play(kills: number): Promise<void> {
    await using api = await fakeApi((request) => {
      this.#onArrival?.();
      this.book.receive(request);
      return { json: {}, delayMs: this.random.between(0, 6) };
    });
    await using project = await tempProject({
      "models/sync/people.ts": modelText(api.host, api.origin, this.form),
    });
    await this.#renew(project);
    for (let runs = 0; this.kills < kills; runs++) {
      assert.ok(runs < kills * MOST_RUNS_PER_KILL, "the runs end before they are killed");
      const isKilled = await this.#runAndKill(project);
      this.wrong.push(...this.book.wrongMarks(project));
      // What a run leaves to a person would be left by all that follow, until there is nothing to kill.
      if (!isKilled || this.random.chance(SETTLED)) await this.#settle(project);
      if (!isKilled) await this.#renew(project);
      // What was received is counted; the texts are not needed.
      api.clear();
    }
    await this.#settle(project);
    const last = await project.run("run --json", { timeoutMs: 60_000 });
    assert.equal(last.code, 0, last.output);
    this.wrong.push(...this.book.wrongMarks(project));
    const held = this.book.held();
    for (let id = 1; id <= this.form.rows; id++) {
      if (held.get(id) !== `v${this.#version}`) this.lost += 1;
    }
    assert.equal(project.rows("spoor.accepted.sync.people").length, this.form.rows);
    assert.equal(project.rows("spoor.ledger").length, 0);
    assert.equal(project.rows("spoor.open_requests").length, 0);
  }

  async #settle(project: TempProject): Promise<void> {
    if (this.form.delivery === "at_least_once") return;
    this.settled += await settleUnknown(project, this.book);
  }

  /** Every row changes. */
  async #renew(project: TempProject): Promise<void> {
    this.#version += 1;
    await project.write(
      "models/raw/people.sql",
      `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${this.form.rows})
       SELECT id, 'v${this.#version}' AS name FROM n`,
    );
  }

  /** @returns Whether it was killed before it ended. */
  async #runAndKill(project: TempProject): Promise<boolean> {
    const running = project.start("run --json");
    const arrival = new Promise<void>((resolve) => this.#onArrival = resolve);
    const isEarly = this.random.chance(0.25);
    const delayMs = isEarly ? this.random.between(60, 700) : this.random.between(0, 150);
    let hasEnded = false;
    const ended = running.result.then(({ code, output }) => {
      hasEnded = true;
      return { code, output };
    });
    if (!isEarly) await Promise.race([arrival, ended]);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const elapsed = new Promise<void>((resolve) => timer = setTimeout(resolve, delayMs));
    await Promise.race([elapsed, ended]);
    clearTimeout(timer);
    if (!hasEnded) running.kill("SIGKILL");
    const { code, output } = await ended;
    if (code === 0) return false;
    assert.ok(code === 137 || code === 9, `the run failed by itself (${code}):\n${output}`);
    this.kills += 1;
    return true;
  }
}

function modelText(
  host: string,
  origin: string,
  { delivery, concurrency, batch }: Form,
): string {
  const header = `// @kind: tracked
// @unique_key: id
// @allow_net: ${host}
// @delivery: ${delivery}
// @concurrency: ${concurrency}
import { http, query } from "spoor";
const rows = query("SELECT id, name FROM raw.people");
`;
  if (batch === 1) {
    return `${header}await rows.each(async (row) => {
  await http.post("${origin}/people", { json: row });
});
`;
  }
  return `${header}await rows.batches(${batch}, async (groups) => {
  await http.post("${origin}/people", { json: groups.flatMap((group) => group.rows) });
});
`;
}

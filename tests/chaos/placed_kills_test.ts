/**
 * `kill -9` at each place where a run writes its state, and where a request arrives and is answered; after it a
 * run to the end. Counted at the far end: nothing is lost, nothing is marked that did not arrive, what comes again
 * has the key and the body that it had; at most once: nothing comes again, and what is unknown is kept for a person.
 *
 * The places are spread over the whole of a run, the first one of a project and a later one. `SPOOR_KILLS=2000` plays
 * more of them, `SPOOR_SEED=17` others.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its figure is to be seen.
import assert from "node:assert/strict";
import { Random } from "../simulation/random.ts";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { FarBook } from "./far_book.ts";
import { settleUnknown } from "./person.ts";
import { type Arrivals, type Extent, type Place, runAndKill } from "./place_kill.ts";

const SEED = Number(Deno.env.get("SPOOR_SEED") ?? 1);
const KILLS = Number(Deno.env.get("SPOOR_KILLS") ?? (TESTS_BINARY ? 8 : 48));
/** Projects at a time: most of the time goes into starting processes. */
const AT_ONCE = 2;
/** Kills in one project; the first one is in its first run. */
const KILLS_IN_PROJECT = 4;
/** How often the run after a kill is killed as well; else it goes to its end. */
const KILLED_AGAIN = 0.5;
/** A place may lie behind the end of a run that has less to write. */
const MOST_RUNS_PER_KILL = 4;
/** Multiples of it, without their whole part, are spread evenly, however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const PEOPLE = 18;
const RUN = "run --json --allow-removed";

const DELIVERIES = ["at_least_once", "at_most_once"] as const;

type Delivery = typeof DELIVERIES[number];

/** How the model goes about its groups. */
interface Form {
  name: string;
  code: string;
  concurrency: number;
  /** Groups in a request. */
  batch: number;
  /** It is told of removals. */
  removes: boolean;
}

const SEND_ROWS = `await query("SELECT id, name FROM raw.people").each(async (row) => {
  await http.post(URL, { json: row });
});`;
const SEND_BATCHES = `await query("SELECT id, name FROM raw.people").batches(3, async (groups) => {
  await http.post(URL, { json: groups.flatMap((group) => group.rows) });
});`;
const SEND_CHANGES =
  `await changes("SELECT id, name FROM raw.people").each(async ({ key, rows }) => {
  await http.post(URL, { json: { id: key.id, name: rows[0]?.name ?? null } });
});`;
const SEND_CHANGE_BATCHES =
  `await changes("SELECT id, name FROM raw.people").batches(3, async (batch) => {
  await http.post(URL, { json: batch.map(({ key, rows }) => ({ id: key.id, name: rows[0]?.name ?? null })) });
});`;

const FORMS: readonly Form[] = [1, 4].flatMap((concurrency) => [
  { name: "rows", code: SEND_ROWS, concurrency, batch: 1, removes: false },
  { name: "batches", code: SEND_BATCHES, concurrency, batch: 3, removes: false },
  { name: "changes", code: SEND_CHANGES, concurrency, batch: 1, removes: true },
  { name: "batches of changes", code: SEND_CHANGE_BATCHES, concurrency, batch: 3, removes: true },
]);

/** In turn, so that each comes. */
const PLACES: readonly Place["at"][] = TESTS_BINARY
  ? ["cut", "arrival", "cut", "write", "cut", "answer", "cut", "write"]
  : ["write", "write", "arrival", "write", "write", "answer"];

Deno.test("killed at each place where state is written, a push loses nothing and marks nothing that did not arrive", async () => {
  console.log(`seed ${SEED}`);
  // A few kills are of the last forms.
  const forms = FORMS.slice(-Math.ceil(KILLS / DELIVERIES.length));
  const kills = Math.ceil(KILLS / DELIVERIES.length / forms.length);
  const waiting = [...forms.entries()];
  const histories: PlacedKills[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      histories.push(...await playForm(...next, kills));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));

  const sum = (count: (history: PlacedKills) => number) =>
    histories.reduce((total, history) => total + count(history), 0);
  const least = histories.filter(({ delivery }) => delivery === "at_least_once");
  const most = least.reduce((total, { kills, form }) => total + kills * form.concurrency, 0);
  const placed = Map.groupBy(histories.flatMap(({ places }) => places), (at) => at);
  console.log(
    `${sum(({ kills }) => kills)} kills: ${sum(({ lost }) => lost.length)} lost, ` +
      `${sum(({ wrong }) => wrong.length)} wrongly marked, ${
        sum(({ repeats }) => repeats)
      } repeats (at most ${most}; none of at most once), ${
        sum(({ kept }) => kept)
      } groups kept for a person; ` +
      [...placed].map(([at, all]) => `${all.length} at ${at}s`).toSorted().join(", "),
  );
  for (const { form, delivery, kills, lost, wrong, repeats, otherwise, kept } of histories) {
    const told = `${form.name}, concurrency ${form.concurrency}, ${delivery}`;
    assert.deepEqual([lost, wrong, otherwise], [[], [], []], told);
    const [repeatsAtMost, keptAtMost] = delivery === "at_least_once"
      ? [kills * form.concurrency, 0]
      : [0, kills * form.concurrency * form.batch];
    assert.ok(repeats <= repeatsAtMost, `${told}: ${repeats} repeats of ${kills} kills`);
    assert.ok(kept <= keptAtMost, `${told}: ${kept} groups kept of ${kills} kills`);
  }
  assert.ok(sum(({ kills }) => kills) >= KILLS);
});

/** Plays a form with either delivery. */
async function playForm(index: number, form: Form, kills: number): Promise<PlacedKills[]> {
  const usual = await learnExtents(form);
  const histories: PlacedKills[] = [];
  for (const delivery of DELIVERIES) {
    const random = new Random(SEED * 1_000 + 2 * index + histories.length);
    const history = new PlacedKills(form, delivery, usual, random);
    await history.play(kills);
    histories.push(history);
  }
  return histories;
}

/** How far runs of a form go that nobody kills: the first one of a project, and a later one. */
interface Extents {
  first: Extent;
  later: Extent;
}

async function learnExtents(form: Form): Promise<Extents> {
  await using played = await PlayedProject.make(form, "at_least_once");
  const random = new Random(SEED);
  const learn = async () => {
    await played.edit(random);
    const { extent } = await runAndKill(played.project, RUN, played.arrivals);
    assert.ok(extent.writes > 20, `the system told of ${extent.writes} writes of a whole run`);
    return extent;
  };
  return { first: await learn(), later: await learn() };
}

/** One form, whose runs are killed in one project after the other. */
class PlacedKills {
  kills = 0;
  repeats = 0;
  /** Groups that a person was asked about. */
  kept = 0;
  readonly lost: string[] = [];
  readonly wrong: string[] = [];
  readonly otherwise: string[] = [];
  /** Where the kills were. */
  readonly places: Place["at"][] = [];
  readonly #start: number;
  #tries: number;

  constructor(
    readonly form: Form,
    readonly delivery: Delivery,
    private readonly usual: Extents,
    private readonly random: Random,
  ) {
    this.#start = random.next();
    this.#tries = random.between(0, PLACES.length - 1);
  }

  async play(kills: number): Promise<void> {
    while (this.kills < kills) {
      const inProject = Math.min(kills, this.kills + KILLS_IN_PROJECT);
      await using played = await PlayedProject.make(this.form, this.delivery);
      await this.#playProject(played, inProject);
      this.repeats += played.book.repeats;
      this.otherwise.push(...played.book.otherwise);
    }
  }

  async #playProject(played: PlayedProject, kills: number): Promise<void> {
    for (let rounds = 0; this.kills < kills; rounds++) {
      assert.ok(rounds < KILLS_IN_PROJECT * MOST_RUNS_PER_KILL, "runs end before they are killed");
      await played.edit(this.random);
      await this.#killAndRun(played, rounds === 0 ? this.usual.first : this.usual.later);
      this.#compare(played);
    }
    if (this.delivery === "at_most_once") {
      this.kept += await settleUnknown(played.project, played.book);
      await played.runToTheEnd();
    }
    const check = await played.project.run("state check");
    assert.equal(check.code, 0, check.output);
    this.#compare(played);
    assert.deepEqual(played.project.rows("spoor.ledger"), [], "nothing waits any more");
    assert.deepEqual(played.project.rows("spoor.open_requests"), [], "nothing is out any more");
  }

  async #killAndRun(played: PlayedProject, usual: Extent): Promise<void> {
    do {
      const place = this.#nextPlace();
      const { isKilled } = await runAndKill(played.project, RUN, played.arrivals, place, usual);
      this.wrong.push(...played.book.wrongMarks(played.project));
      if (!isKilled) return;
      this.kills += 1;
      this.places.push(place.at);
    } while (this.random.chance(KILLED_AGAIN));
    await played.runToTheEnd();
  }

  #nextPlace(): Place {
    const index = this.#tries++;
    const at = PLACES[index % PLACES.length] ?? "write";
    return { at, share: (this.#start + index * GOLDEN) % 1 };
  }

  /** After a run to the end the far side has what the source has, but for what waits for a person. */
  #compare({ project, book, source }: PlayedProject): void {
    this.wrong.push(...book.wrongMarks(project));
    const ledger = project.rows(`SELECT group_key, state FROM "spoor.ledger"`);
    const waiting = new Set(ledger.map(({ group_key: key }) => Number(JSON.parse(String(key))[0])));
    const isKept = this.delivery === "at_most_once";
    const others = ledger.filter(({ state }) => !isKept || state !== "unknown");
    assert.deepEqual(others, [], "only what is unknown waits");
    const held = book.held();
    for (const id of new Set([...held.keys(), ...source.keys()])) {
      const [there, here] = [held.get(id), source.get(id)];
      if (there !== here && !waiting.has(id)) this.lost.push(`${id}: ${here} here, ${there} there`);
    }
  }
}

/** A project, its source and its far side. */
class PlayedProject implements AsyncDisposable {
  readonly book = new FarBook();
  readonly arrivals: Arrivals = { onArrival: () => ({ json: {} }) };
  /** id → name */
  source = new Map<number, string>();
  #version = 0;

  private constructor(
    readonly form: Form,
    readonly project: TempProject,
    private readonly api: FakeApi,
  ) {}

  static async make(form: Form, delivery: Delivery): Promise<PlayedProject> {
    const api = await fakeApi();
    const project = await tempProject({
      "models/sync/people.ts": modelText(api, form, delivery),
      // Written beside what is sent.
      "models/mart/counted.sql": "SELECT count(*) AS n, max(name) AS newest FROM raw.people",
    });
    const played = new PlayedProject(form, project, api);
    api.answer((request) => {
      played.book.receive(request);
      return played.arrivals.onArrival();
    });
    return played;
  }

  /** All change; where the model is told of it, some go and some come back. */
  async edit(random: Random): Promise<void> {
    this.#version += 1;
    this.source = new Map();
    for (let id = 1; id <= PEOPLE; id++) {
      if (!this.form.removes || random.chance(0.75)) this.source.set(id, `v${this.#version}`);
    }
    const rows = JSON.stringify([...this.source]);
    await this.project.write(
      "models/raw/people.sql",
      `SELECT value ->> 0 AS id, value ->> 1 AS name FROM json_each('${rows}')`,
    );
    // What was received is counted; the texts are not needed.
    this.api.clear();
  }

  async runToTheEnd(): Promise<void> {
    const ended = await this.project.run(RUN);
    assert.equal(ended.code, 0, ended.output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }
}

function modelText({ host, origin }: FakeApi, form: Form, delivery: Delivery): string {
  return `// @kind: tracked
// @unique_key: id
// @allow_net: ${host}
// @concurrency: ${form.concurrency}
// @delivery: ${delivery}
${form.removes ? "// @on_removed: deliver\n" : ""}import { changes, http, query } from "spoor";
const URL = "${origin}/people";
${form.code}
`;
}

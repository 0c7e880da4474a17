/**
 * The book of a far side that takes people: what has arrived there, what of it came again, and what should never
 * have come so. A request is one `{id, name}` or a list of them; without a name somebody is removed. Names carry
 * the version that they are of: `v7`.
 *
 * @module
 */
import type { ReceivedRequest } from "../support/fake_api.ts";
import type { TempProject } from "../support/temp_project.ts";

interface Person {
  id: number;
  name: string | null;
}

/** See the module's comment. */
export class FarBook {
  /** Requests whose key came before. */
  repeats = 0;
  /** Requests that came otherwise than any may: the first key with another body, the content with another key. */
  readonly otherwise: string[] = [];
  /** Body by key. */
  #bodies = new Map<string, string>();
  /** Keys that have come since the record was looked at. */
  readonly #fresh = new Set<string>();
  /** Everything that ever arrived, as `id name`. */
  #arrived = new Set<string>();
  /** The last that arrived of each id, and when. */
  #last = new Map<number, { name: string | null; key: string; atMs: number }>();

  receive({ key = "", body, json }: ReceivedRequest): void {
    const known = this.#bodies.get(key);
    if (known !== undefined) this.repeats += 1;
    if (known !== undefined && known !== body) this.otherwise.push(`${key}: ${known} then ${body}`);
    this.#bodies.set(key, body);
    this.#fresh.add(key);
    for (const person of [json as Person | Person[]].flat()) this.#take(person, key);
  }

  /** Whether anything of somebody has arrived since then. */
  hasSince(id: number, sinceMs: number): boolean {
    return (this.#last.get(id)?.atMs ?? 0) >= sinceMs;
  }

  /** Who is there by what has arrived last. */
  held(): ReadonlyMap<number, string> {
    return new Map([...this.#last].flatMap(([id, { name }]) => name === null ? [] : [[id, name]]));
  }

  /**
   * What the state file holds that is not so here: an accepted group that never arrived, and one that was
   * taken here, of which the file knows nothing, or something else; and requests that are not on record.
   */
  wrongMarks(project: TempProject): string[] {
    const { accepted, waiting, keys } = readMarks(project);
    const unrecorded = [...this.#fresh].filter((key) => !keys.has(key))
      .map((key) => `${this.#bodies.get(key)}: not on record`);
    this.#fresh.clear();
    const held = this.held();
    const never = [...accepted].flatMap(([id, name]) =>
      name === undefined || this.#arrived.has(`${id} ${name}`) ? [] : [`${id} ${name}: not here`]
    );
    const unlike = [...new Set([...accepted.keys(), ...held.keys()])].flatMap((id) => {
      if (waiting.has(id)) return [];
      const [here, there] = [held.get(id), accepted.get(id)];
      return here === there ? [] : [`${id}: ${here} here, accepted as ${there}`];
    });
    return [...unrecorded, ...never, ...unlike];
  }

  #take({ id, name }: Person, key: string): void {
    const last = this.#last.get(id);
    const told = `${id} ${name}`;
    if (last?.name === name && last.key !== key) {
      this.otherwise.push(`${told} came with the key ${last.key}, then with ${key}`);
    }
    if (last?.name && name && versionOf(name) < versionOf(last.name)) {
      this.otherwise.push(`${told} came after ${last.name}`);
    }
    this.#arrived.add(told);
    this.#last.set(id, { name, key, atMs: Date.now() });
  }
}

function versionOf(name: string): number {
  return Number(name.slice(1));
}

/** What the state file says of the model `sync.people`. */
interface Marks {
  /** id → name; `undefined`: kept of a group that is in doubt. */
  accepted: ReadonlyMap<number, string | undefined>;
  /** What is on its way, or was and is not accepted. */
  waiting: ReadonlySet<number>;
  /** Of requests on record, those that are out included. */
  keys: ReadonlySet<string>;
}

function readMarks(project: TempProject): Marks {
  const tables = isThere(project) ? project.rows("SELECT name FROM sqlite_schema") : [];
  const read = (table: string, sql: string) =>
    tables.some(({ name }) => name === table) ? project.rows(`${sql} FROM "${table}"`) : [];
  const accepted = read(
    "spoor.accepted.sync.people",
    "SELECT id, name, _spoor_columns > 0 AS fits",
  );
  return {
    accepted: new Map(
      accepted.map(({ id, name, fits }) => [Number(id), fits ? String(name) : undefined]),
    ),
    waiting: new Set(
      read("spoor.ledger", "SELECT group_key").map(({ group_key: key }) =>
        Number(JSON.parse(String(key))[0])
      ),
    ),
    keys: new Set(
      ["spoor.requests", "spoor.open_requests"].flatMap((table) =>
        read(table, "SELECT idempotency_key AS key").map(({ key }) => String(key))
      ),
    ),
  };
}

/** A run may have died before it made its state file, or just then. */
function isThere(project: TempProject): boolean {
  try {
    return Deno.statSync(project.path(".spoor/spoor.db")).size > 0;
  } catch {
    return false;
  }
}

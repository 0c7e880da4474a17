/**
 * An export of a far side, by which a model is adopted: it says what is there, or something else. Once it was
 * adopted that is what is there: where it was otherwise, somebody else has changed it meanwhile.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { HeldSource } from "~/run/adopt/held_source.ts";
import type { Value } from "~/sandbox/protocol.ts";
import { contentOf } from "./content.ts";
import type { Random } from "./random.ts";

type Row = Readonly<Record<string, Value>>;

/** What an export is made of. */
export interface FarSideNow {
  /** Group → content, of each request that a change makes. */
  there: readonly ReadonlyMap<string, string>[];
  source: ReadonlyMap<string, string>;
  /** Groups that the source may have. */
  keys: readonly string[];
}

const COLUMNS = ["id", "line", "v", "wide"];

/** See the module's comment. */
export class FarExport {
  readonly #table: string;
  #groups: ReadonlyMap<string, readonly Row[]> = new Map();

  constructor(private readonly db: DatabaseSync, model: string) {
    this.#table = model.replace("sync.", "held.");
    db.exec(`CREATE TABLE IF NOT EXISTS "${this.#table}" (${COLUMNS.join(", ")})`);
  }

  /** For `--held`. */
  get source(): HeldSource {
    const sql = `SELECT * FROM "${this.#table}"`;
    return { type: "select", name: this.#table, sql, tables: [this.#table] };
  }

  /** Group → content, as far as a query with these columns can see it. */
  contents(columns: readonly string[]): Map<string, string> {
    return new Map([...this.#groups].map(([key, rows]) => [
      key,
      contentOf(columns, rows.map((row) => columns.map((column) => row[column] ?? null))),
    ]));
  }

  /**
   * Draws it.
   *
   * @param wrong Share of groups of which it says something else than is there.
   */
  draw(random: Random, now: FarSideNow, wrong: number): void {
    const contents = new Map<string, string>();
    const [first = new Map(), ...others] = now.there;
    for (const key of new Set(now.there.flatMap((each) => [...each.keys()]))) {
      // Where a change is half done, the one or the other may count.
      const there = random.chance(0.5) ? first.get(key) : others[0]?.get(key);
      const content = random.chance(wrong) ? drawWrong(random, key, now) : there ?? first.get(key);
      if (content !== undefined) contents.set(key, content);
    }
    for (const key of now.keys) {
      if (contents.has(key) || !random.chance(wrong / 4)) continue;
      const content = drawWrong(random, key, now);
      if (content !== undefined) contents.set(key, content);
    }
    this.#fill(contents);
  }

  #fill(contents: ReadonlyMap<string, string>): void {
    this.#groups = new Map([...contents].map(([key, content]) => [key, rowsOf(content)]));
    this.db.exec(`DELETE FROM "${this.#table}"`);
    const insert = this.db.prepare(`INSERT INTO "${this.#table}" VALUES (?, ?, ?, ?)`);
    for (const row of [...this.#groups.values()].flat()) {
      insert.run(...COLUMNS.map((column) => asBound(row[column])));
    }
  }
}

/** `undefined`: it says that the group is not there. */
function drawWrong(random: Random, key: string, { there, source }: FarSideNow): string | undefined {
  const here = source.get(key);
  switch (random.pick(["lacking", "as the source", "other", "other rows"])) {
    case "lacking":
      return undefined;
    case "as the source":
      return here;
    case "other":
      return (here ?? there[0]?.get(key))?.replaceAll(/fit \d+/g, "fit other");
    case "other rows": {
      const [row, ...rows] = (here ?? there[0]?.get(key))?.split("\n") ?? [];
      return row === undefined ? undefined : [row, row, ...rows].join("\n");
    }
  }
}

/** As `contentOf` has put them into one text. */
function rowsOf(content: string): Row[] {
  return content.split("\n").map((row) => Object.fromEntries(JSON.parse(row)));
}

function asBound(value: Value | undefined): Value {
  return typeof value === "number" ? BigInt(value) : value ?? null;
}

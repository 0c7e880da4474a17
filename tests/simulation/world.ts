/**
 * What outlasts a run: the state file, and for each model its source and its far side.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { QuickDatabase } from "./quick_database.ts";

/** How a world is made. */
export interface WorldOptions {
  /** State files of histories of one shape serve each other. */
  shape: string;
  /** On a connection as it is, statement by statement. */
  isPlain?: boolean;
}

/** What a new state file says of itself. */
const META = "spoor.meta";
/** What of that is there before the first run. */
const OF_MIGRATIONS = "content_keys_from";
/** So many histories are played with one state file before a new one is made, as in a new project. */
const USES = 200;

/** What the types of `node:sqlite` in Deno lack. */
interface Serializing {
  serialize(): Uint8Array;
  deserialize(file: Uint8Array): void;
}

interface Shelved {
  db: DatabaseSync;
  uses: number;
}

/** State files that are as if nothing had run, by their shape. */
const SHELF = new Map<string, Shelved>();

/** See the module's comment. */
export class World implements Disposable {
  readonly db: DatabaseSync;
  #uses = 0;

  constructor(private readonly options: WorldOptions) {
    const { shape, isPlain = false } = options;
    const shelved = isPlain ? undefined : SHELF.get(shape);
    if (shelved) SHELF.delete(shape);
    this.db = shelved?.db ?? newStateFile(isPlain);
    this.#uses = shelved?.uses ?? 0;
  }

  /** Does something with a state file that is as this one is, which stays as it is. */
  async onCopy<T>(work: (db: DatabaseSync) => Promise<T>): Promise<T> {
    const { db } = this;
    if (db instanceof QuickDatabase) return await db.undone(() => work(db));
    using copy = new DatabaseSync(":memory:");
    (copy as unknown as Serializing).deserialize((db as unknown as Serializing).serialize());
    return await work(copy);
  }

  /** The connection is gone, and with it what was temporary. */
  forgetConnection(): void {
    if (this.db instanceof QuickDatabase) return this.db.forget();
    const names = this.db.prepare(`SELECT name FROM temp.sqlite_schema WHERE type = 'table'`).all();
    for (const { name } of names) this.db.exec(`DROP TABLE temp."${name}"`);
  }

  /** What it holds is not what another history would have made. */
  keepOffShelf(): void {
    this.#uses = USES;
  }

  [Symbol.dispose](): void {
    const { shape, isPlain } = this.options;
    if (isPlain || this.#uses >= USES || this.db.isTransaction) {
      return this.db.close();
    }
    this.forgetConnection();
    for (const table of this.#tables()) this.db.exec(`DELETE FROM "${table}"`);
    this.db.exec(`DELETE FROM "${META}" WHERE key <> '${OF_MIGRATIONS}'`);
    SHELF.set(shape, { db: this.db, uses: this.#uses + 1 });
  }

  #tables(): string[] {
    return this.db.prepare(`SELECT name FROM main.sqlite_schema WHERE type = 'table'`).all()
      .map(({ name }) => String(name)).filter((name) => name !== META);
  }
}

function newStateFile(isPlain: boolean): DatabaseSync {
  const db = isPlain ? new DatabaseSync(":memory:") : new QuickDatabase();
  // Much is written to small tables, and undone: less is copied so.
  db.exec("PRAGMA page_size = 1024");
  db.exec("PRAGMA temp_store = MEMORY");
  db.exec("BEGIN IMMEDIATE");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("COMMIT");
  return db;
}

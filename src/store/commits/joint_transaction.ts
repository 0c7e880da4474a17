/**
 * Joint transaction: small pieces of work that follow each other commit together.
 *
 * Each piece succeeds or is rolled back alone. What is to be recorded of it is written in one go at the
 * end, because every table that is made expires all prepared statements of the connection; what is to be
 * told of it is told once all is committed. So a process that is killed leaves each piece wholly done,
 * with its record, or not done, and nobody has heard of it.
 *
 * Between its pieces nothing else may use the connection: settle before the event loop turns.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { inTransaction, rollBack } from "~/warehouse/transaction.ts";

/** How long a transaction takes more pieces. */
const OPEN_MS = 50;
/** Pieces that take longer on average commit alone. */
const LONG_PIECE_MS = 10;

/**
 * See the module's comment.
 *
 * The first piece commits alone, then two, four, eight together, as long as they are short: what was
 * done before a long piece is kept when that one is killed, all but the last moment.
 */
export class JointTransaction {
  #openedAt: number | undefined;
  #pieces = 0;
  #maxPieces = 1;
  #records: (() => void)[] = [];
  #tellings: (() => void)[] = [];
  #lost: { cause: unknown } | undefined;

  constructor(private readonly db: DatabaseSync) {}

  /** Whether it is time to settle. */
  get isDue(): boolean {
    return this.#pieces >= this.#maxPieces || this.#openMs > OPEN_MS || this.#lost !== undefined;
  }

  /** Whether there is nothing to settle. */
  get isEmpty(): boolean {
    return this.#openedAt === undefined && this.#records.length === 0;
  }

  get #openMs(): number {
    return this.#openedAt === undefined ? 0 : performance.now() - this.#openedAt;
  }

  /** Does a piece of work; when it throws, nothing of it is kept. */
  run<T>(work: () => T): T {
    const result = this.#openedAt === undefined ? this.#runFirst(work) : this.#runNext(work);
    this.#pieces += 1;
    return result;
  }

  /** Writes in the same transaction, at its end. */
  record(write: () => void): void {
    this.#records.push(write);
  }

  /** Tells once all that came before is committed. */
  tell(telling: () => void): void {
    if (this.isEmpty) telling();
    else this.#tellings.push(telling);
  }

  /**
   * Commits what there is.
   *
   * @throws Nothing of it could be kept.
   */
  settle(): void {
    if (this.#lost) throw this.#lost.cause;
    const records = this.#records;
    const tellings = this.#tellings;
    const isOpen = this.#openedAt !== undefined;
    this.#planNext();
    this.#records = [];
    this.#tellings = [];
    this.#openedAt = undefined;
    if (isOpen) this.#commit(records);
    else if (records.length > 0) inTransaction(this.db, () => writeAll(records));
    for (const tell of tellings) tell();
  }

  #planNext(): void {
    if (this.#pieces === 0) return;
    this.#maxPieces = this.#openMs / this.#pieces > LONG_PIECE_MS ? 1 : this.#maxPieces * 2;
    this.#pieces = 0;
  }

  /** Without a savepoint, which would copy every page that a large table gives back. */
  #runFirst<T>(work: () => T): T {
    const openedAt = performance.now();
    this.db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#openedAt = openedAt;
      return result;
    } catch (error) {
      rollBack(this.db);
      throw error;
    }
  }

  #runNext<T>(work: () => T): T {
    this.db.exec(`SAVEPOINT "spoor.piece"`);
    try {
      const result = work();
      this.db.exec(`RELEASE "spoor.piece"`);
      return result;
    } catch (error) {
      // A full disk ends the whole transaction, and with it what came before.
      if (!this.db.isTransaction) this.#lost = { cause: error };
      else this.db.exec(`ROLLBACK TO "spoor.piece"; RELEASE "spoor.piece"`);
      throw error;
    }
  }

  #commit(records: readonly (() => void)[]): void {
    try {
      writeAll(records);
      this.db.exec("COMMIT");
    } catch (error) {
      rollBack(this.db);
      throw error;
    }
  }
}

function writeAll(records: readonly (() => void)[]): void {
  for (const write of records) write();
}

/**
 * The tries of a request as the record has them: beside its answer, and as long as that is kept. Only where there were
 * several.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- as --json prints them.

/** What is recorded, and what `--json` tells. */
export interface RecordedTries {
  /** In their order; of more than ten the first five and the last. */
  tries: readonly RecordedTry[];
  /** Of those between: a status or an error's kind → how many ended so. */
  tries_left_out?: Readonly<Record<string, number>>;
}

/** One try. It has a status, or an error and its kind. */
export interface RecordedTry {
  /** The first is 1. */
  nth: number;
  /** ISO 8601, UTC. */
  at: string;
  elapsed_ms: number;
  status?: number;
  kind?: string;
  error?: string;
  /** What the answer's `Retry-After` asks for. */
  retry_after_ms?: number;
  /** After it, in milliseconds: `back_off`, `retry_after`, `slow_down`, `rate_limit`, `token`. */
  waited_ms?: Readonly<Record<string, number>>;
}

/**
 * Reads them.
 *
 * @param response JSON of a recorded answer; null where it is not kept.
 * @returns Nothing where there was one try, or where an earlier version has recorded it.
 */
export function readTries(response: string | null): RecordedTries | undefined {
  if (response === null) return undefined;
  const { tries, tries_left_out }: Partial<RecordedTries> = JSON.parse(response);
  return tries && { tries, ...tries_left_out && { tries_left_out } };
}

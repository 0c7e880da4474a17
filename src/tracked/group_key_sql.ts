/**
 * A group's key as text, made inside a statement.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { SqlValue } from "~/warehouse/values.ts";
import { encodeGroupKey } from "./group_key.ts";

/** The function's name in SQL: it takes the values of the key's columns, in their order. */
export const GROUP_KEY = "spoor_group_key";

/** Makes it known to a connection. Registered each time: it costs nothing until it is called. */
export function registerGroupKey(db: DatabaseSync): void {
  db.function(
    GROUP_KEY,
    { varargs: true, deterministic: true, useBigIntArguments: true },
    (...key: unknown[]) => encodeGroupKey(key as SqlValue[]),
  );
}

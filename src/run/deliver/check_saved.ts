/**
 * Rows that a model saves of a group, held against the group that it was given.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { assertGuest } from "~/run/guest/guest_error.ts";
import { checkRowBlock } from "~/run/guest/row_block.ts";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { refuseOwnColumn } from "~/tracked/accept/target_table.ts";
import { encodeGroupKey, renderGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { GivenGroup } from "./given_group.ts";

/**
 * Checks what is to be stored of a group.
 *
 * @returns The rows; none of a group that was removed; `undefined`: as they were read.
 * @throws {UserError} A row has another key than its group, or a column of Spoor's own.
 * @throws {GuestError} The message was forged.
 */
export function checkSaved(
  model: string,
  uniqueKey: readonly string[],
  group: GivenGroup,
  block: RowBlock | null,
): RowBlock & { values: readonly SqlValue[] } | undefined {
  if (group.action === "remove") {
    assertGuest(!block || block.values?.length === 0, "rows of a group that was removed");
    return { columns: [], values: [] };
  }
  if (block === null) return undefined;
  checkRowBlock(block);
  assertGuest(block.values.length > 0, "a group without rows");
  checkKey(model, uniqueKey, group, block);
  refuseOwnColumn(model, block.columns);
  return block;
}

function checkKey(
  model: string,
  uniqueKey: readonly string[],
  group: GivenGroup,
  { columns, values }: RowBlock & { values: readonly SqlValue[] },
): void {
  const names = columns.map(foldName);
  const indexes = uniqueKey.map((key) => names.indexOf(foldName(key)));
  for (let start = 0; start < values.length; start += names.length) {
    const key = indexes.map((index) => index < 0 ? null : values[start + index] ?? null);
    if (encodeGroupKey(key) === group.keyText) continue;
    throw new UserError(
      `Cannot save a row of ${model}: its key is ${
        renderGroupKey(uniqueKey, key)
      }, and the group's is ${renderGroupKey(uniqueKey, group.key)}`,
      { hint: "Save the row with the key that was read" },
    );
  }
}

/** A model that forgot to await its request would mark as sent what nobody has accepted. */
export function savedTooSoon(uniqueKey: readonly string[], { key }: GivenGroup): UserError {
  return new UserError(
    `Cannot save ${renderGroupKey(uniqueKey, key)}: a request of it has not been answered yet`,
    {
      hint: `Write "await" before http.post(…), so that a refused row is not marked as sent; ` +
        "to send several at once use each() and @concurrency",
    },
  );
}

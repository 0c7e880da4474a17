/**
 * `reject`: the far side refuses a group for good.
 *
 * @module
 */
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { describeKey, type Row } from "~/sandbox/guest/rows/row_values.ts";
import type { Delivery, SavedRow } from "./delivery.ts";

/** As long as the message of an error is at most. */
const MAX_REASON = 10_000;

/**
 * Rejects the group that a row belongs to.
 *
 * @param delivery Undefined where the model reads no groups.
 */
export async function rejectRow(
  delivery: Delivery | undefined,
  row: object,
  reason: unknown,
): Promise<void> {
  if (!delivery) {
    throw modelError("Cannot reject a row: the model has read no changes", {
      hint: "reject is for a model of `// @kind: tracked` that reads by query or changes.",
    });
  }
  const group = delivery.groupOf(row as SavedRow, "reject");
  await delivery.reject([group], rejectionReason(reason, group.key));
}

/** The text of a reason; an error's is its message. */
export function rejectionReason(reason: unknown, key: Readonly<Row>): string {
  const text = reason instanceof Error ? reason.message : reason;
  if (typeof text === "string" && text.trim() !== "") return text.slice(0, MAX_REASON);
  throw modelError(`Cannot reject ${describeKey(key)}: the reason is ${describe(text)}`, {
    hint: "Say in words why the far side refuses it, or hand over the error that it answered with.",
  });
}

function describe(reason: unknown): string {
  if (typeof reason === "string") return "empty";
  return reason === undefined || reason === null ? "missing" : nameKind(reason);
}

/**
 * Why a guest was ended, in words for the model's author.
 *
 * @module
 */
import { renderDuration } from "~/base/time/duration.ts";
import type { ErrorReport } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import type { GuestEnd } from "~/sandbox/guest_link.ts";

/** What a guest may take. */
export interface GuestLimits {
  model: Model;
  memoryMb: number;
  /** `@model_timeout`. */
  modelTimeoutMs: number | undefined;
}

/** `end`: how it ended though nobody asked it to. */
export function explainGuestEnd(
  end: GuestEnd,
  { model, memoryMb, modelTimeoutMs }: GuestLimits,
): ErrorReport {
  const at = { path: model.path };
  const cannot = `Cannot go on with ${model.name}`;
  if (end.reason === "error") return { message: `${cannot}: ${end.message}`, at };
  if (end.reason === "memory" && end.heapMb !== undefined && end.heapMb <= memoryMb) {
    return {
      message:
        `${cannot}: its values took more than ${end.heapMb} MB, the most that this program gives them`,
      at,
      hint:
        `Read and save row by row instead of holding all; "memory_mb" in spoor.yaml lets only ` +
        "bytes take more (Uint8Array)",
    };
  }
  if (end.reason === "memory") {
    return {
      message: `${cannot}: it took more than ${memoryMb} MB of memory`,
      at,
      hint: `Read and save row by row instead of holding all; or raise "memory_mb" in spoor.yaml`,
    };
  }
  const limit = renderDuration(modelTimeoutMs ?? 0);
  return {
    message: `${cannot}: it ran longer than its @model_timeout of ${limit}`,
    at,
    hint: `Raise "@model_timeout"; what was acknowledged is kept, the rest comes again`,
  };
}

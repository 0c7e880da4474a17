/**
 * Many groups in one acknowledgement.
 *
 * @module
 */
import { isFatal } from "~/sandbox/guest/host_error.ts";
import type { Delivery, GivenGroup, SavedRow } from "./delivery.ts";

/** Saves groups together; where one group's rows cannot be saved, the others still are. */
export async function saveTogether(
  groups: readonly (readonly [GivenGroup, readonly SavedRow[]])[],
  delivery: Delivery,
): Promise<void> {
  try {
    return await delivery.saveGroups(groups);
  } catch (error) {
    if (groups.length === 1 || isFatal(error)) throw error;
  }
  for (const each of groups) {
    await delivery.saveGroups([each]).catch((error) => delivery.fail(each[0], error));
  }
}

/**
 * Records of a plan: none. Nothing leaves in it, so that there is no intent to be kept, and how its changes
 * ended is told by the plan itself; the copy that they would be written to is thrown away.
 *
 * @module
 */
import type { ChangeRecords } from "./change_records.ts";

/** What a delivery writes its records by. */
export type Records = Pick<ChangeRecords, keyof ChangeRecords>;

const nothing = () => {};

/** See the module's comment. */
export const NO_RECORDS: Records = {
  shown: nothing,
  sent: nothing,
  withdrawn: nothing,
  wait: nothing,
  accepted: nothing,
  rejected: nothing,
  failed: nothing,
  unknown: nothing,
  cutOff: nothing,
  forget: nothing,
};

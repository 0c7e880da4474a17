/**
 * A model's state for tests.
 *
 * @module
 */
import type { StoredState } from "./stored_states.ts";

/** Of a model of which the state file has nothing. */
export const NOTHING_STORED: StoredState = {
  model: "sync.contacts",
  kind: undefined,
  target: undefined,
  hasContentHash: false,
  showsAccepted: false,
  rows: 0,
  acceptedRows: undefined,
  changes: {},
  pending: 0,
  lastSuccess: undefined,
};

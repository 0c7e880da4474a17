/**
 * What a row of the record tells of a group: each is one try and its end, or what was done with it by other means.
 *
 * @module
 */
import {
  SETTLED_AS_SENT,
  VERIFIED_AS_NOT_SENT,
  VERIFIED_AS_SENT,
} from "~/store/changes/by_hand.ts";
import type { DeliveryRow } from "~/store/changes/group_story.ts";

/** Adopted with all groups of its model. */
export function isOfAll(delivery: Pick<DeliveryRow, "group_key"> | undefined): boolean {
  return delivery?.group_key === "*";
}

/** Noted between runs, under the run before. */
export function isByHand({ state, error }: Pick<DeliveryRow, "state" | "error">): boolean {
  return state === "retried" || (state === "settled" && !isVerified(error));
}

/** `--adopt --held` found that it is not at the far side as the query has it. */
export function isLeftByAdopt(delivery: Pick<DeliveryRow, "state" | "group_key">): boolean {
  return delivery.state === "adopted" && !isOfAll(delivery);
}

/** The model's own `verify` settled it, in a run. */
function isVerified(error: string | null): boolean {
  return error === VERIFIED_AS_SENT || error === VERIFIED_AS_NOT_SENT;
}

/** After it the far side has what was tried. */
export function isAccepted(delivery: DeliveryRow): boolean {
  const { state, error } = delivery;
  return state === "accepted" || (state === "adopted" && isOfAll(delivery)) ||
    (state === "settled" && (error === SETTLED_AS_SENT || error === VERIFIED_AS_SENT));
}

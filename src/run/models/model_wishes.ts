/**
 * What one run asks of one model beside the usual: options of `spoor run`.
 *
 * @module
 */

import type { HeldAdopter } from "~/run/adopt/adopt_held.ts";

/** See the module's comment. */
export interface ModelWishes {
  /** `--resend`: every group counts as changed. */
  resend: boolean;
  /** `--adopt`: the present state is recorded as sent, and nothing is sent. */
  adopt: boolean;
  /** `--held`: with `adopt`, what the far side holds; only what is the same there is recorded as sent. */
  held?: HeldAdopter | undefined;
  /** `--allow-removed` */
  allowRemoved: boolean;
  /** `--allow-changes` */
  allowChanges: boolean;
}

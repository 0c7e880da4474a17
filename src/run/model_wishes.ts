/**
 * What one run asks of one model beside the usual: options of `spoor run`.
 *
 * @module
 */

/** See the module's comment. */
export interface ModelWishes {
  /** `--resend`: every group counts as changed. */
  resend: boolean;
  /** `--adopt`: the present state is recorded as sent, and nothing is sent. */
  adopt: boolean;
  /** `--allow-removed` */
  allowRemoved: boolean;
  /** `--allow-changes` */
  allowChanges: boolean;
}

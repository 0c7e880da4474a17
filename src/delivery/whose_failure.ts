/**
 * Whose failure a request was that was not accepted: what was sent, or the far side as a whole. Only the
 * first is an attempt that `@max_attempts` counts. A token that was revoked, or a service that is down all
 * night, would else park every group, and nothing would be sent once it works again.
 *
 * | the answer                                    | speaks of         |
 * | --------------------------------------------- | ----------------- |
 * | none: refused, broken, too late, not let out   | the far side      |
 * | 401, 407: who asks is not known               | the far side      |
 * | 408, 429, 502, 503, 504: not now              | the far side      |
 * | any other, 500 included                       | what was sent     |
 *
 * A 500 may be the far side's as well, but one record that always breaks it must not be tried for ever.
 *
 * @module
 */

const FAR_SIDES: ReadonlySet<number> = new Set([401, 407, 408, 429, 502, 503, 504]);

/** Whether an answer says nothing of what was sent; `undefined`: there was no answer. */
export function isFarSides(status: number | undefined): boolean {
  return status === undefined || FAR_SIDES.has(status);
}

/**
 * What stands where a secret stood: in messages, plans and the record alike.
 *
 * @module
 */

/** See the module's comment. */
export const MASK = "***";
